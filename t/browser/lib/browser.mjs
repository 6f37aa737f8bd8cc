// Owns: starting Debian's Chromium, without a display and, for root, without
// its sandbox.

import { accessSync, constants } from 'node:fs';
import { chromium } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

// playwright-core turns the partitioning of storage off, which every browser
// in use has on: the last one of these switches counts.

const SWITCHES = ['--disable-features=AvoidUnnecessaryBeforeUnloadCheckSync,'
                  + 'DestroyProfileOnBrowserClose,DialMediaRouteProvider,'
                  + 'GlobalMediaControls,HttpsUpgrades,MediaRouter,'
                  + 'PaintHolding,Translate,RenderDocument,OptimizationHints'];

function options(platform, more) {
    accessSync(CHROMIUM, constants.X_OK);

    return {
        executablePath: CHROMIUM,
        chromiumSandbox: process.getuid() !== 0,
        handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false,
        timeout: 60000,
        args: [...SWITCHES, ...platform.browserArguments(), ...more],
    };
}

export const launch = (platform, ...more) =>
    chromium.launch(options(platform, more));

// One with a profile in `folder', for settings that a context cannot have.

export const launchProfile = (platform, folder, ...more) =>
    chromium.launchPersistentContext(folder, options(platform, more));
