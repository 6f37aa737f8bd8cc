// Owns: lists that grow while a case runs, and waiting for what comes.

// How long to wait for what should come at once, in ms.

export let patience = 15000;

export function haveLessPatience(ms) {
    patience = ms;
}

// Ends `promise' after a while, with words.

export function within(promise, what, ms = patience) {
    let timer;

    return Promise.race([promise, new Promise((_, fail) => {
        timer = setTimeout(() => {
            fail(new Error(`not within ${ms / 1000} s: ${what}`));
        }, ms);
    })]).finally(() => clearTimeout(timer));
}

export class List {
    all = [];
    #waiting = new Set();
    #heirs = new Set();

    constructor(what) {
        this.what = what;
    }

    add(item) {
        this.all.push(item);

        for (const look of [...this.#waiting]) {
            look(item);
        }

        for (const list of this.#heirs) {
            list.add(item);
        }
    }

    clear() {
        this.all = [];
    }

    // Another list gets what comes, until it is told `false'.

    tell(list, on = true) {
        on ? this.#heirs.add(list) : this.#heirs.delete(list);
    }

    count(wanted) {
        return this.all.filter(wanted).length;
    }

    // The first one that is as wanted, be it here or still to come.

    first(wanted, what = wanted, ms = patience) {
        const here = this.all.find(wanted);

        if (here !== undefined) {
            return Promise.resolve(here);
        }

        let look;
        const found = new Promise((done) => {
            look = (item) => wanted(item) && done(item);
            this.#waiting.add(look);
        });

        return within(found, `${what} among the ${this.what}`, ms)
            .finally(() => this.#waiting.delete(look));
    }
}
