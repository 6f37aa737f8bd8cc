// Owns: what stands behind nginx: the pages of every site, the rendering
// backend of the platform, and a note of each request that arrives.

import { createHash } from 'node:crypto';
import http from 'node:http';
import { List } from './list.mjs';

const WEBSOCKET = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export class Backend {
    // Requests: { host, method, url, headers }. Streams: what is open.

    requests = new List('requests at the backend');
    streams = new List('streams at the backend');

    #answers = new Map();
    #server = http.createServer((req, res) => this.#answer(req, res));

    async start() {
        this.#server.on('upgrade', (req, socket) => {
            this.#note(req);
            this.#find(req)(req, socket);
        });

        await new Promise((done, fail) => {
            this.#server.once('error', fail);
            this.#server.listen(0, '127.0.0.1', done);
        });

        this.port = this.#server.address().port;
    }

    stop() {
        this.#server.close();
        this.#server.closeAllConnections?.();
    }

    endStreams() {
        for (const stream of this.streams.all) {
            stream.end();
        }
    }

    // Between two cases.

    forget() {
        this.requests.clear();
        this.streams.clear();
        this.#answers.clear();
    }

    // What is served at a URL without its query: a page (text), an object
    // (JSON), or a function of request and response.

    serve(url, answer) {
        const { host, pathname } = new URL(url);

        this.#answers.set(host + pathname, answer);
    }

    // Server-sent events, begun by the answer's head and one event.

    serveEvents(url) {
        this.serve(url, (req, res) => {
            res.writeHead(200, { 'Content-Type': 'text/event-stream' });
            res.write('retry: 100\n\n');
            this.#keep(res, (text) => res.write(`data: ${text}\n\n`),
                       () => res.end());
        });
    }

    // A WebSocket (RFC 6455) that only talks. `protocol' is what it chooses.

    serveSocket(url, protocol) {
        this.serve(url, (req, socket) => {
            const accept = createHash('sha1')
                .update(req.headers['sec-websocket-key'] + WEBSOCKET)
                .digest('base64');
            const head = ['HTTP/1.1 101 Switching Protocols',
                          'Upgrade: websocket', 'Connection: Upgrade',
                          `Sec-WebSocket-Accept: ${accept}`];

            if (protocol) {
                head.push(`Sec-WebSocket-Protocol: ${protocol}`);
            }

            socket.on('end', () => socket.end()).resume();
            socket.write(`${head.join('\r\n')}\r\n\r\n`);
            this.#keep(socket, (text) => {
                const body = Buffer.from(text);
                socket.write(Buffer.concat([Buffer.from([0x81, body.length]),
                                            body]));
            });
        });
    }

    // A stream: say(text) sends, finish() ends it as it should, end() at once;
    // `closed' comes true.

    #keep(out, say, finish = () => out.end()) {
        const closed = new Promise((done) => out.on('close', done));

        out.on('error', () => {});
        say('first');
        this.streams.add({ say, finish, closed, end: () => out.destroy() });
    }

    #note(req) {
        this.requests.add({ host: req.headers.host, method: req.method,
                            url: req.url, headers: req.headers });
    }

    #find(req) {
        const { pathname } = new URL(req.url, 'http://backend');

        return this.#answers.get(req.headers.host + pathname)
               ?? this.#answers.get(`*${pathname}`);
    }

    #answer(req, res) {
        const answer = this.#find(req);

        this.#note(req);
        req.resume();

        if (answer === undefined) {
            res.writeHead(404).end('nothing here\n');

        } else if (typeof answer === 'function') {
            answer(req, res);

        } else if (typeof answer === 'string') {
            res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' })
                .end(answer);

        } else {
            res.writeHead(200, { 'Content-Type': 'application/json' })
                .end(JSON.stringify(answer));
        }
    }
}
