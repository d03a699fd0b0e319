package io.github.clnorm.internal.json;

/**
 * Finds the byte at which a character of a valid UTF-8 text begins. Fast for positions that ascend. Not thread-safe.
 */
final class Utf8Positions {

    private final byte[] text;
    private long character;
    private int position;

    Utf8Positions(byte[] text) {
        this.text = text;
    }

    /**
     * Converts an index.
     *
     * @param index of a UTF-16 character
     * @return the index of its first byte; the text's length if it is after the text's end
     */
    int ofCharacter(long index) {
        if (index < character) {
            character = 0;
            position = 0;
        }
        while (character < index && position < text.length) {
            int lead = text[position] & 0xff;
            position += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
            // Four bytes make a surrogate pair.
            character += lead < 0xf0 ? 1 : 2;
        }
        return position;
    }
}
