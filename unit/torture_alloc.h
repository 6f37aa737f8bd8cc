
/*
 * The allocator that refuses: it stands in for malloc() of the whole program,
 * so that OpenSSL, jansson and PCRE2 are refused memory as well.
 */


#ifndef _TOUCAN_TORTURE_ALLOC_H_INCLUDED_
#define _TOUCAN_TORTURE_ALLOC_H_INCLUDED_


/*
 * From now on allocations are counted from 1, and number at is refused; with
 * rest, all from it on; 0 refuses none.
 */
void torture_arm(unsigned long at, int rest);

/* Back to normal; returns how many were asked for since torture_arm(). */
unsigned long torture_disarm(void);

/* How many of them were refused. */
unsigned long torture_refused(void);

/* Blocks that are in use. */
unsigned long torture_live(void);

/*
 * Blocks made between the two calls remember who asked for them; the second
 * one prints those that are still in use, and where the refusal happened.
 */
void torture_trace_begin(void);
void torture_trace_end(void);


#endif /* _TOUCAN_TORTURE_ALLOC_H_INCLUDED_ */
