# labs/lab.mk - what every lab's Makefile includes
#
#   EXERCISE := capdrop          the exercise, from capdrop.c
#   LDLIBS   := -lcap            what this lab's programs link with, if anything
#   include ../lab.mk
#
# Every step*.c is a program of its own; every payload-*.c is a small static
# program that the tests run.  Building needs no root and edits nothing.

CC       ?= cc
CFLAGS   ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -MMD -MP
STRICT   := -std=c11 -Wall -Wextra -Wshadow
LDFLAGS  += -Wl,--as-needed

STEPS    := $(patsubst %.c,%,$(wildcard step*.c))
PAYLOADS := $(patsubst %.c,%,$(wildcard payload-*.c))
PROGRAMS := $(STEPS) $(EXERCISE)

all: $(PROGRAMS) $(PAYLOADS) ## build this lab

$(PROGRAMS): %: %.c
	$(CC) $(CPPFLAGS) $(STRICT) $(CFLAGS) $(LDFLAGS) $< -o $@ $(LDLIBS)

$(PAYLOADS): %: %.c
	$(CC) $(CPPFLAGS) $(STRICT) $(CFLAGS) $(LDFLAGS) -static $< -o $@

check: ## run this lab's graded tests, with hints
	@$(MAKE) --no-print-directory -C ../.. check LAB=$(notdir $(CURDIR))

clean: ## remove what was built here
	rm -f $(PROGRAMS) $(PAYLOADS) *.d

.PHONY: all check clean
-include $(wildcard *.d)
