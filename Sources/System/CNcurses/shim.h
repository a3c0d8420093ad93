#pragma once
// Wide characters are declared only where this is asked for.
#define NCURSES_WIDECHAR 1
// Swift sees functions, not the macros that stand before them.
#define NCURSES_NOMACROS 1
#include <locale.h>
#include <ncursesw/curses.h>
#include <ncursesw/term.h>
#include <stdio.h>
#include <wchar.h>

// The C library declares it only for X/Open programs.
extern int wcwidth(wchar_t character);

/// Columns of a character in the locale; -1 where it cannot be printed.
static inline int cncurses_columns(unsigned int character) { return wcwidth((wchar_t)character); }

/// Opens the terminal of this process as TERM names it; NULL where it is unknown. `initscr` would end the process.
static inline SCREEN *cncurses_open(void) { return newterm(NULL, stdout, stdin); }

/// The window over the whole screen; a variable that Swift may not read.
static inline WINDOW *cncurses_window(void) { return stdscr; }

/// Attributes as one number; the macros take a cast that Swift does not import.
static inline attr_t cncurses_attributes(int bold, int dim, int underline, int reverse) {
  return (bold ? A_BOLD : 0) | (dim ? A_DIM : 0) | (underline ? A_UNDERLINE : 0) | (reverse ? A_REVERSE : 0);
}

/// Sends a control string of this program past the screen.
static inline void cncurses_send(const char *text) {
  putp(text);
  fflush(stdout);
}
