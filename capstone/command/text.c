/* text.c - what somebody else has named, fit to be shown */

#include "command.h"

/* printable - the length of the character at TEXT if a terminal only shows it, else 0: controls
 * of ASCII and of Unicode (C1: U+0080 to U+009F), what reorders text or ends lines
 * (U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069), and what is not UTF-8 */
static size_t printable(const unsigned char *text)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = *text < 0x80 ? 1 : *text >= 0xf0 ? 4 : *text >= 0xe0 ? 3 : 2;
	uint32_t code = length == 1 ? *text : *text & (0x7fU >> length);

	if ((*text >= 0x80 && *text < 0xc0) || *text >= 0xf8)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code < least[length] || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000) || code == 0x200e || code == 0x200f || code == 0x61c ||
	    (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069))
		return 0;
	return length;
}

char *text_clean(char *text)
{
	for (char *c = text; *c != '\0';) {
		size_t length = printable((const unsigned char *)c);

		if (length == 0)
			*c++ = '?';
		else
			c += length;
	}
	return text;
}
