// The script that a host application's page includes:
//
//   <script type="module"
//           src="https://analytics.example.com/components/toucan.mjs">
//
// Owns: the names of the two elements.

import { Assistant } from './assistant.mjs';
import { Dashboard } from './dashboard.mjs';

customElements.define('tc-dashboard', Dashboard);
customElements.define('tc-ai-assistant', Assistant);
