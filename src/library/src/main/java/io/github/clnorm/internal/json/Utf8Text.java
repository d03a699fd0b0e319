package io.github.clnorm.internal.json;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/** Checks JSON text for errors that Jackson accepts. Memory does not depend on the size of the text. */
final class Utf8Text {

    private static final int BUFFER = 4096;
    private static final int ESCAPE = "\\uffff".length();

    private Utf8Text() {}

    /** Throws a {@link JsonException} unless a text is UTF-8 and the escapes in it make well-formed strings. */
    static void check(byte[] text) {
        checkEncoding(text);
        checkSurrogates(text);
    }

    private static void checkEncoding(byte[] text) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer bytes = ByteBuffer.wrap(text);
        CharBuffer characters = CharBuffer.allocate(BUFFER);
        CoderResult result;
        do {
            result = decoder.decode(bytes, characters.clear(), true);
        } while (result.isOverflow());
        if (result.isError()) {
            throw new JsonException("expected UTF-8 at byte " + bytes.position());
        }
    }

    /** In UTF-8 only escapes can bring an unpaired surrogate. A malformed escape is left to the parser. */
    private static void checkSurrogates(byte[] text) {
        int i = 0;
        while (i < text.length) {
            if (text[i] != '\\') {
                i++;
                continue;
            }
            int unit = escaped(text, i);
            if (unit < Character.MIN_SURROGATE || unit > Character.MAX_SURROGATE) {
                i += 2;
                continue;
            }
            int next = escaped(text, i + ESCAPE);
            if (unit > Character.MAX_HIGH_SURROGATE
                    || next < Character.MIN_LOW_SURROGATE
                    || next > Character.MAX_LOW_SURROGATE) {
                throw new JsonException("unpaired surrogate at byte " + i);
            }
            i += 2 * ESCAPE;
        }
    }

    /** The UTF-16 unit of the escape at a position; -1 if there is no escape with four hexadecimal digits. */
    private static int escaped(byte[] text, int at) {
        if (at + ESCAPE > text.length || text[at] != '\\' || text[at + 1] != 'u') {
            return -1;
        }
        int unit = 0;
        for (int i = at + 2; i < at + ESCAPE; i++) {
            int digit = Character.digit((char) text[i], 16);
            if (digit < 0) {
                return -1;
            }
            unit = unit << 4 | digit;
        }
        return unit;
    }
}
