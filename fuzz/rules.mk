# Owns: how the fuzz targets are built, in three ways: by libFuzzer, to be run
# by fuzz/run.c (plain cc), and to count what is covered.  In every one of
# them the floors under test are compiled anew, with the same flags.

FUZZ_ALL   := $(sort $(patsubst fuzz/%.c,%,$(filter-out fuzz/run.c, \
                  $(wildcard fuzz/*.c))))
FUZZ_HEADS := $(wildcard fuzz/*.h) unit/unit.h unit/identity.h unit/place.h \
              unit/apikeys.h unit/cache.h unit/cache_program.h
FUZZ_LIBS  := $(UNIT_LIBS)
FUZZ_SAN   := -fsanitize=address,undefined -fno-sanitize-recover=all \
              -fno-omit-frame-pointer

fuzz_cc_libfuzzer     := clang
fuzz_cflags_libfuzzer := $(FUZZ_SAN) -fsanitize=fuzzer-no-link
fuzz_link_libfuzzer   := -fsanitize=fuzzer
fuzz_main_libfuzzer   :=

fuzz_cc_regress       := $(CC)
fuzz_cflags_regress   := $(FUZZ_SAN)
fuzz_link_regress     :=
fuzz_main_regress     := fuzz/run.c

fuzz_cc_coverage      := clang
fuzz_cflags_coverage  := -fprofile-instr-generate -fcoverage-mapping
fuzz_link_coverage    :=
fuzz_main_coverage    := fuzz/run.c

define fuzz_rules
build/fuzz/$(1)/obj/%.o: ngx_toucan_module/%.c $$(HEADS)
	@mkdir -p $$(@D)
	@$$(fuzz_cc_$(1)) $$(UNIT_CFLAGS) $$(fuzz_cflags_$(1)) -c -o $$@ $$<

build/fuzz/$(1)/%: fuzz/%.c $$(fuzz_main_$(1)) $$(FUZZ_HEADS) \
        $$(patsubst ngx_toucan_module/%.c,build/fuzz/$(1)/obj/%.o,$$(LOWER))
	@$$(fuzz_cc_$(1)) $$(UNIT_CFLAGS) $$(fuzz_cflags_$(1)) \
	    $$(fuzz_link_$(1)) -o $$@ $$(filter %.c %.o,$$^) $$(FUZZ_LIBS)

.PHONY: fuzz-$(1)-targets
fuzz-$(1)-targets: $(addprefix build/fuzz/$(1)/,$(FUZZ_ALL))

.PRECIOUS: build/fuzz/$(1)/obj/%.o
endef

$(foreach way,libfuzzer regress coverage,$(eval $(call fuzz_rules,$(way))))
