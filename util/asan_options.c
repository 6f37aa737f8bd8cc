
/*
 * Owns: what an nginx under AddressSanitizer does by default.  It is linked
 * in, since Test::Nginx takes ASAN_OPTIONS for its own.  nginx keeps what it
 * allocated at its end, so leaks are looked for elsewhere; a trap of UBSan is
 * reported as one of ASan.
 */


const char *__asan_default_options(void);


const char *
__asan_default_options(void)
{
    return "detect_leaks=0:handle_sigill=1:allow_user_segv_handler=0"
           ":detect_stack_use_after_return=1:log_path=" TOUCAN_REPORTS;
}
