# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# Builds the programs of tests/objects into build/tests. Included by native/Makefile; also works alone:
#     make -C native -f tests/objects.mk

OBJECTS_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Wshadow -Werror -Itests/lib -Iinclude
OBJECTS_CXXFLAGS := -std=gnu++17 -O1 -g -Wall -Wextra -Werror -Itests/lib
OBJECTS_LIB := $(wildcard tests/lib/*.h)
OBJECTS_C := $(patsubst tests/objects/%.c,build/tests/%,$(wildcard tests/objects/*.c))
OBJECTS_CXX := $(patsubst tests/objects/%.cc,build/tests/%,$(wildcard tests/objects/*.cc))
OBJECTS_CLI := $(filter-out $(if $(shell echo 'int i;' | $(CC) -m32 -xc -c -o /dev/null - 2>/dev/null && echo yes),,%_32_bit), \
    $(patsubst tests/cli/%.c,build/tests/cli/%,$(filter-out %/loads_a_plug_in.c,$(wildcard tests/cli/*.c))))
OBJECTS_F90 := $(if $(shell command -v gfortran),$(patsubst tests/objects/%.f90,build/tests/%,\
    $(wildcard tests/objects/*.f90)))
OBJECTS_CLI += $(patsubst tests/libraries/%.c,build/tests/cli/%.so,$(wildcard tests/libraries/*.c)) \
    build/tests/cli/dynamic_program build/tests/cli/knows_moments_static build/tests/cli/knows_moments_fixed \
    $(if $(shell command -v musl-gcc),build/tests/cli/work_musl build/tests/cli/loads_a_plug_in)

OBJECTS_JAVA := $(if $(shell command -v javac),build/tests/java/Work.class)

.PHONY: test-objects
test-objects: $(OBJECTS_C) $(OBJECTS_CXX) $(OBJECTS_F90) $(OBJECTS_CLI) $(OBJECTS_JAVA)

$(OBJECTS_C): build/tests/%: tests/objects/%.c $(OBJECTS_LIB) tests/objects.mk
	@mkdir -p $(@D)
	$(CC) $(OBJECTS_CFLAGS) $(if $(findstring openmp,$*),-fopenmp) \
	    $(if $(findstring sanitizer,$*),-fsanitize=$(if $(findstring threads,$*),thread,address)) -o $@ $< -pthread -ldl

$(OBJECTS_CXX): build/tests/%: tests/objects/%.cc $(OBJECTS_LIB) tests/objects.mk
	@mkdir -p $(@D)
	$(CXX) $(OBJECTS_CXXFLAGS) $(if $(findstring openmp,$*),-fopenmp) -o $@ $< -pthread

$(OBJECTS_F90): build/tests/%: tests/objects/%.f90 tests/objects.mk
	@mkdir -p $(@D)
	gfortran -O1 -g -fopenmp -Wall -o $@ $<

build/tests/java/%.class: tests/java/%.java
	@mkdir -p $(@D)
	javac --release 17 -d $(@D) $<

# The same but for the linking.
build/tests/cli/dynamic_program: tests/cli/static_program.c $(OBJECTS_LIB) tests/objects.mk
	@mkdir -p $(@D)
	$(CC) $(OBJECTS_CFLAGS) -o $@ $<

# The header links to nothing, however a program is linked.
build/tests/cli/knows_moments_static: tests/cli/knows_moments.c include/ckpt.h tests/objects.mk
	@mkdir -p $(@D)
	$(CC) $(OBJECTS_CFLAGS) -static -o $@ $<

build/tests/cli/knows_moments_fixed: tests/cli/knows_moments.c include/ckpt.h tests/objects.mk
	@mkdir -p $(@D)
	$(CC) $(OBJECTS_CFLAGS) -no-pie -o $@ $<

# Without libc, which is there for 64 bits only.
build/tests/cli/program_32_bit: tests/cli/program_32_bit.c tests/objects.mk
	@mkdir -p $(@D)
	$(CC) -m32 -nostdlib -static -ffreestanding -fno-pie -no-pie -O1 -Wall -Wextra -Werror -o $@ $<

build/tests/cli/work build/tests/cli/clocks: build/tests/cli/%: tests/cli/%.c $(OBJECTS_LIB) tests/objects.mk
	@mkdir -p $(@D)
	$(CC) $(OBJECTS_CFLAGS) -o $@ $< -pthread

build/tests/cli/work_musl: tests/cli/work.c $(OBJECTS_LIB) tests/objects.mk
	@mkdir -p $(@D)
	musl-gcc $(OBJECTS_CFLAGS) -o $@ $<

build/tests/cli/loads_a_plug_in: tests/cli/loads_a_plug_in.c tests/objects.mk
	@mkdir -p $(@D)
	musl-gcc $(OBJECTS_CFLAGS) -o $@ $<

# Goes into programs of another libc.
build/tests/cli/brings_a_function.so: tests/libraries/brings_a_function.c tests/objects.mk
	@mkdir -p $(@D)
	$(CC) $(OBJECTS_CFLAGS) -fPIC -shared -nostdlib -fno-stack-protector -o $@ $<

build/tests/cli/%.so: tests/libraries/%.c tests/objects.mk
	@mkdir -p $(@D)
	$(CC) $(OBJECTS_CFLAGS) -fPIC -shared -o $@ $< -ldl

build/tests/cli/%: tests/cli/%.c $(OBJECTS_LIB) tests/objects.mk
	@mkdir -p $(@D)
	$(CC) $(OBJECTS_CFLAGS) $(if $(findstring static,$*),-static) -o $@ $<
