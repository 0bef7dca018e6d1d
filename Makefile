# Every entry point of the course.  `make help` lists them.
#
# Options are make variables: LAB=02, STEP=3, AUTO=1.  make itself ends with
# status 2 whenever a command it ran failed; the commands it runs (grader/grade
# and the scripts in harness/) have the finer statuses that their --help tells.

LABS   := $(sort $(patsubst labs/%/Makefile,%,$(wildcard labs/*/Makefile)))
PARTS  := $(addprefix labs/,$(LABS)) capstone
TOOLS  := $(patsubst %/Makefile,%,$(wildcard support/Makefile))
export LAB STEP AUTO LAB_MUST_RUN OUT FIGURES SUBMISSIONS FULL

# Which lab machine: KERNEL=trixie, ARCH=arm64 (harness/vm --help).  Typed, as builders of
# kernels have an ARCH in the environment that means something else.
typed = $(if $(filter command,$(origin $1)),$($1))
export VM_KERNEL := $(or $(call typed,KERNEL),$(VM_KERNEL))
export VM_ARCH := $(or $(call typed,ARCH),$(VM_ARCH))

# Only the build itself runs in parallel.
ifneq ($(filter-out $(PARTS) $(TOOLS),$(or $(MAKECMDGOALS),all)),)
.NOTPARALLEL:
endif

.DEFAULT_GOAL := all
MAKEFLAGS += --no-print-directory

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The build goes through a second make, so that it uses every core whatever
# this one was told, and only once setup is done.
all: ## build the labs and the capstone (no root)
	@harness/setup --check build
	@$(MAKE) -s -j"$$(nproc)" $(PARTS) $(TOOLS)

$(PARTS) $(TOOLS):
	@$(MAKE) -s -C $@

rootfs: ## make build/rootfs, a busybox root filesystem for skiff
	@harness/setup --check build
	@capstone/rootfs.sh build/rootfs
	@for tool in $(TOOLS); do $(MAKE) -s -C "$$tool" || exit; done

setup: ## install what is missing, and say what
	@harness/setup

# What other targets use, and no more: needs-build-check is these two groups of setup.
needs-%:
	@harness/setup --quiet $(subst -, ,$*)

doctor: ## what this kernel and machine offer, and what to do about the rest
	@harness/doctor

grade: part needs-build-check$(if $(SUBMISSIONS),-class) rootfs ## grade all labs and the capstone (LAB=04 for one); a class: SUBMISSIONS=dir
	@if [ -n "$$SUBMISSIONS" ]; then grader/class "$$SUBMISSIONS"; else grader/grade; fi

check: part rootfs ## check one lab while working on it, with hints: LAB=02
	@harness/student check

# 1 and 3 are no failures of theirs: something is left to do, or to be tried as root.
next: part ## what to do now, where, and why
	@harness/student next || { s=$$?; [ $$s -eq 1 ] || [ $$s -eq 3 ]; }

watch: part ## the same after every save
	@harness/student watch

hint: part ## one hint more for the test that fails: three for each
	@harness/student hint || [ $$? -eq 1 ]

progress: ## how far you are
	@harness/student progress

reset: part ## a lab as it was handed out; yours is kept: LAB=02
	@harness/student reset

submit: part rootfs ## check and pack what you wrote: ID=name
	@harness/student submit

handout: ## the tree for students, and a tarball of it: OUT=dir
	@harness/setup --check build
	@harness/handout

solution: part ## the reference, once your own earns full marks: LAB=02
	@harness/student solution

demo: part all rootfs ## play a lab's sheet: LAB=02 [STEP=3] [AUTO=1] [RECORD=file.cast]
	@harness/demo

casts: part all rootfs ## record the demos for the book: LAB=02 for one
	@harness/record

# The tests of lint, in harness, need what lint needs.
test: needs-build-check-class-test$(if $(SUITES),$(patsubst harness,-lint,$(filter harness,$(SUITES))),-lint) all rootfs vm-setup ## the project's own tests: all here, in the lab VM what is skipped here; SUITES="03 grader" for some
	@harness/test $(SUITES)

test-vm: vm-choice needs-build-check-class-test all rootfs ## all of them in the lab VM: SUITES="04 capstone" for some; KERNEL=trixie, ARCH=arm64 [FULL=1]
	@harness/setup --quiet $$(harness/vm --groups)
	@harness/test --vm $(SUITES)

# What is not there to compare with is named and left out.
bench: all rootfs ## time skiff against bwrap, runc and the bare kernel: QUICK=1, ONLY="start calls"; grading: ONLY=class
	@harness/setup --quiet $(if $(filter class,$(ONLY)),check class,bench) || true
	@if [ "$(ONLY)" = class ]; then grader/bench/class; else capstone/bench/bench.sh $(ONLY); fi

# The figures and the recordings are runs, so there must be something to run; what
# cannot run here is left out, or taken from an earlier run.
book: all rootfs needs-book ## the course as a static site: OUT=dir (build/book)
	@[ "$$(id -u)" -ne 0 ] || [ "$$FIGURES" = kept ] || harness/record || true
	@book/build --out "$${OUT:-build/book}" --figures "$${FIGURES:-run}"

# The variables are in harness/fresh --help.
fresh: needs-fresh ## the README's two commands on new systems: RELEASES="bookworm trixie sid" PROFILE=minimal
	@harness/fresh

# CMD as it was typed: make is to expand nothing in it.
vm: override export CMD := $(value CMD)
vm: vm-choice all ## the lab machine: a shell as student, or CMD='make doctor' as root; KERNEL=, ARCH=
	@harness/setup --quiet $$(harness/vm --groups)
	@if [ -n "$$CMD" ]; then harness/vm -c "$$CMD"; else harness/vm; fi

# Without QEMU, and without what some distributions have no package of, the tests
# still run; harness/test says what ran nowhere.
vm-setup:
	@harness/setup --quiet vm || true
	@harness/setup --quiet fresh book extra 2>/dev/null || true
	@capstone/seccomp/docker-profile >/dev/null || true

mutants: part needs-build-check-mutants ## do the graded tests catch wrong programs? LAB=03, or all
	@harness/mutants

lint: needs-build-lint ## shellcheck, cppcheck, warnings as errors with gcc and clang, aarch64
	@harness/lint

# Neither should a mistyped KERNEL or ARCH.
vm-choice:
	@harness/vm --groups >/dev/null

# A mistyped LAB should not cost a build first.
part:
	@[ -z "$$LAB" ] || bash -c '. support/lib.bash; resolve_part "$$LAB" >/dev/null'

clean: ## remove everything that was built
	@for part in $(PARTS) $(TOOLS); do $(MAKE) -s -C $$part clean; done
	rm -rf build
	@if [ -e grade/class.json ]; then echo "grade/ stays: it holds the marks of a class"; else rm -f grade/results.json grade/report.html; [ ! -d grade ] || rmdir --ignore-fail-on-non-empty grade; fi

.PHONY: help all rootfs setup doctor grade check next watch hint progress reset submit solution handout demo casts bench book test test-vm fresh vm vm-setup mutants lint part vm-choice clean $(PARTS) $(TOOLS)
