#pragma once
// Wide characters are declared only where this is asked for.
#define NCURSES_WIDECHAR 1
// Swift sees functions, not the macros that stand before them.
#define NCURSES_NOMACROS 1
#include <ncursesw/curses.h>
#include <locale.h>
#include <wchar.h>
