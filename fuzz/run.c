
/*
 * Owns: a fuzz target without libFuzzer.  Each file that is named, and each
 * file in a folder that is named, is given to the target once.
 */


#include "fuzz.h"

#include <dirent.h>
#include <sys/stat.h>


static unsigned  fuzz_inputs;
static char      fuzz_now[4096];


/* what a sanitizer or fuzz_fail() says does not name the file */

static void
fuzz_name(void)
{
    fprintf(stderr, "input: %s\n", fuzz_now);
}


#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FUZZ_SANITIZED  1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define FUZZ_SANITIZED  1
#endif

#if (FUZZ_SANITIZED)

void __sanitizer_set_death_callback(void (*callback)(void));
const char *__asan_default_options(void);

/* fuzz_fail() ends in abort(): that shall name the file, too */

const char *
__asan_default_options(void)
{
    return "handle_abort=1";
}

#endif


static void
fuzz_file(const char *path)
{
    FILE     *f;
    uint8_t  *data;
    size_t    size, room;

    f = fopen(path, "rb");

    if (f == NULL) {
        perror(path);
        exit(2);
    }

    snprintf(fuzz_now, sizeof(fuzz_now), "%s", path);

    room = 4 * 1024 * 1024;
    data = malloc(room);

    if (data == NULL) {
        abort();
    }

    size = fread(data, 1, room, f);
    fclose(f);

    /* of exactly this size: a byte read beyond it is to be seen */

    data = realloc(data, size ? size : 1);

    if (data == NULL) {
        abort();
    }

    (void) LLVMFuzzerTestOneInput(data, size);

    free(data);
    fuzz_inputs++;
}


static void
fuzz_folder(const char *path)
{
    int              i, n;
    char             name[4096];
    struct dirent  **entries;

    n = scandir(path, &entries, NULL, alphasort);

    for (i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.') {
            snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
            fuzz_file(name);
        }

        free(entries[i]);
    }

    if (n >= 0) {
        free(entries);
    }
}


int
main(int argc, char **argv)
{
    int          i;
    struct stat  st;

#if (FUZZ_SANITIZED)
    __sanitizer_set_death_callback(fuzz_name);
#else
    (void) fuzz_name;
#endif

    for (i = 1; i < argc; i++) {

        if (stat(argv[i], &st) != 0) {
            perror(argv[i]);
            return 2;
        }

        if (S_ISDIR(st.st_mode)) {
            fuzz_folder(argv[i]);

        } else {
            fuzz_file(argv[i]);
        }
    }

    printf("%s: %u inputs\n", argv[0], fuzz_inputs);

    return fuzz_inputs ? 0 : 1;
}
