package io.github.clnorm.internal.json;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads JSON (RFC 8259) in UTF-8 from its begin to its end, and nothing that is only nearly JSON. The caller asks for what
 * it expects, or for {@linkplain #value() a value of any kind}. Keys that occur twice in an object are refused, as are more
 * than {@value #DEEPEST} levels and half surrogate pairs.
 *
 * <p>Every method throws a {@link JsonException} where the text is something else.
 */
public final class JsonReader {

    private static final int DEEPEST = 32;
    private static final int LONGEST_NAME = 40;
    /** What a key takes in Java's memory, with its entries in a set and a map, besides its characters. */
    private static final int KEY_BYTES = 160;
    /** What decoding takes for a moment, for every byte of the text. */
    private static final int DECODING_BYTES = 4;
    // No key is null: the set of an array's scope stays empty.
    private static final Set<String> ARRAY = Set.of();

    private final byte[] text;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    /** The keys so far of the objects that are open. */
    private final Deque<Set<String>> scopes = new ArrayDeque<>();

    /** Bytes of Java's memory that may still be taken. */
    private long left;

    private int position;
    /** Whether an object or array has just begun: what follows needs no comma. */
    private boolean first;

    /**
     * A reader at the begin of a text.
     *
     * @param text UTF-8; not copied
     */
    public JsonReader(byte[] text) {
        this(text, Long.MAX_VALUE);
    }

    /**
     * A reader of a text that may be hostile: it stops before Java's memory is full. Strings that are read and kept should
     * be keys, or be read by {@link #textSince}: others are not counted.
     *
     * @param text UTF-8; not copied
     * @param mostBytes what keys, numbers and other text may take in Java's memory, about; a method that would exceed it
     *     throws {@link TooLargeException}
     */
    public JsonReader(byte[] text, long mostBytes) {
        this.text = text;
        this.left = mostBytes;
    }

    /** The text takes more of Java's memory than it may. */
    public static final class TooLargeException extends JsonException {
        private static final long serialVersionUID = 1;

        TooLargeException(int position) {
            super("more memory than Java has would be taken at byte " + position);
        }
    }

    /** Counts what stays in memory. */
    private void keep(long bytes) {
        checkRoom(bytes);
        left -= bytes;
    }

    private void checkRoom(long bytes) {
        if (bytes > left) {
            throw new TooLargeException(position);
        }
    }

    /**
     * Where the reader is: after {@link #nextKey()} and {@link #nextElement()}, where the value begins.
     *
     * @return the index of the next byte
     */
    public int position() {
        return position;
    }

    /**
     * What was read since a position.
     *
     * @param start an earlier {@link #position()}
     * @return the text up to here
     */
    public String textSince(int start) {
        keep(2L * (position - start));
        return decode(start, position);
    }

    /** Enters an object. */
    public void beginObject() {
        begin('{', new HashSet<>());
    }

    /**
     * The next key, of which the value is to be read then.
     *
     * @return the key; null, once, when the object is at its end
     */
    public String nextKey() {
        if (ended('}')) {
            return null;
        }
        int start = position;
        String key = string();
        keep(KEY_BYTES + 2L * key.length());
        if (!scopes.element().add(key)) {
            throw new JsonException("the key " + name(key) + " occurs a second time at byte " + start);
        }
        skipBlanks();
        expect(':');
        skipBlanks();
        return key;
    }

    /** Enters an array. */
    public void beginArray() {
        begin('[', ARRAY);
    }

    /**
     * Whether there is another element, to be read then.
     *
     * @return false, once, when the array is at its end
     */
    public boolean nextElement() {
        return !ended(']');
    }

    private void begin(char bracket, Set<String> keys) {
        expect(bracket);
        if (scopes.size() == DEEPEST) {
            throw new JsonException("more than " + DEEPEST + " levels at byte " + (position - 1));
        }
        scopes.push(keys);
        first = true;
    }

    private boolean ended(char bracket) {
        skipBlanks();
        boolean end = peek() == bracket;
        if (end) {
            position++;
            scopes.pop();
        } else if (!first) {
            if (peek() != ',') {
                throw expected("',' or '" + bracket + "'");
            }
            position++;
            skipBlanks();
        }
        first = false;
        return end;
    }

    /** Nothing but blanks may follow. */
    public void end() {
        skipBlanks();
        if (position < text.length) {
            throw expected("the end");
        }
    }

    /**
     * A string.
     *
     * @return its characters
     */
    public String string() {
        expect('"');
        StringBuilder unescaped = null;
        int start = position;
        while (true) {
            int next = peek();
            if (next == '"') {
                String rest = decode(start, position++);
                return unescaped == null ? rest : wellFormed(unescaped.append(rest));
            }
            if (next < ' ') {
                throw expected(next < 0 ? "'\"'" : "no control character");
            }
            if (next == '\\') {
                unescaped = unescaped == null ? new StringBuilder() : unescaped;
                unescaped.append(decode(start, position++)).append(escaped());
                start = position;
            } else {
                position++;
            }
        }
    }

    private char escaped() {
        int at = position++;
        int letter = at < text.length ? text[at] : -1;
        return switch (letter) {
            case '"', '\\', '/' -> (char) letter;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> hexadecimal();
            default -> {
                position = at;
                throw expected("an escape of JSON");
            }
        };
    }

    private char hexadecimal() {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(peek(), 16);
            if (digit < 0) {
                throw expected("four hexadecimal digits");
            }
            value = value << 4 | digit;
            position++;
        }
        return (char) value;
    }

    private String wellFormed(StringBuilder characters) {
        // Only escapes can bring half a pair: UTF-8 was checked.
        String string = characters.toString();
        if (string.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            throw new JsonException("half a surrogate pair in the string that ends at byte " + position);
        }
        return string;
    }

    private String decode(int start, int end) {
        checkRoom((long) DECODING_BYTES * (end - start));
        try {
            return decoder.decode(ByteBuffer.wrap(text, start, end - start)).toString();
        } catch (CharacterCodingException e) {
            throw new JsonException("no UTF-8 between byte " + start + " and byte " + end);
        }
    }

    /**
     * A number from 0 to 2<sup>63</sup>-1, without fraction and exponent.
     *
     * @return the number
     */
    public long wholeNumber() {
        int start = position;
        long value = 0;
        while (isDigit(peek())) {
            int digit = text[position++] - '0';
            if (value > (Long.MAX_VALUE - digit) / 10) {
                position = start;
                throw expected("a number up to 2^63-1");
            }
            value = 10 * value + digit;
        }
        boolean leadingZero = text.length > start && text[start] == '0' && position - start > 1;
        if (position == start || leadingZero || peek() == '.' || peek() == 'e' || peek() == 'E') {
            position = start;
            throw expected("a whole number, 0 or more");
        }
        return value;
    }

    /**
     * An array of whole numbers.
     *
     * @return the numbers
     */
    public long[] wholeNumbers() {
        long[] numbers = new long[4];
        int count = 0;
        beginArray();
        while (nextElement()) {
            if (count == numbers.length) {
                checkRoom(3L * Long.BYTES * count);
                numbers = Arrays.copyOf(numbers, 2 * count);
            }
            numbers[count++] = wholeNumber();
        }
        keep((long) Long.BYTES * count);
        return Arrays.copyOf(numbers, count);
    }

    /**
     * Reads a value of any kind.
     *
     * @return a map in the order of the text, a list, a string, a Double, a Boolean, or null
     */
    public Object value() {
        skipBlanks();
        return switch (peek()) {
            case '{' -> {
                Map<String, Object> members = new LinkedHashMap<>();
                beginObject();
                for (String key = nextKey(); key != null; key = nextKey()) {
                    members.put(key, value());
                }
                yield members;
            }
            case '[' -> {
                List<Object> elements = new ArrayList<>();
                beginArray();
                while (nextElement()) {
                    elements.add(value());
                }
                yield elements;
            }
            case '"' -> string();
            case 't', 'f', 'n' -> {
                int start = position;
                skip();
                String word = textSince(start);
                yield word.equals("null") ? null : Boolean.valueOf(word);
            }
            default -> {
                int start = position;
                number();
                yield Double.valueOf(textSince(start));
            }
        };
    }

    /** Reads a value of any kind and forgets it. */
    public void skip() {
        switch (peek()) {
            case '{' -> {
                beginObject();
                while (nextKey() != null) {
                    skip();
                }
            }
            case '[' -> {
                beginArray();
                while (nextElement()) {
                    skip();
                }
            }
            case '"' -> string();
            case 't' -> word("true");
            case 'f' -> word("false");
            case 'n' -> word("null");
            default -> number();
        }
    }

    /**
     * Reads null, if that is the next value.
     *
     * @return whether it was
     */
    public boolean skipNull() {
        if (peek() != 'n') {
            return false;
        }
        word("null");
        return true;
    }

    private void word(String word) {
        for (int i = 0; i < word.length(); i++) {
            expect(word.charAt(i));
        }
    }

    private void number() {
        if (peek() == '-') {
            position++;
        }
        if (peek() == '0') {
            position++;
        } else {
            digits();
        }
        if (peek() == '.') {
            position++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            position++;
            if (peek() == '+' || peek() == '-') {
                position++;
            }
            digits();
        }
    }

    private void digits() {
        if (!isDigit(peek())) {
            throw expected("a value");
        }
        while (isDigit(peek())) {
            position++;
        }
    }

    private static boolean isDigit(int letter) {
        return letter >= '0' && letter <= '9';
    }

    private void skipBlanks() {
        while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') {
            position++;
        }
    }

    /** The next byte, unsigned; -1 at the end. */
    private int peek() {
        return position < text.length ? text[position] & 0xff : -1;
    }

    private void expect(char letter) {
        if (peek() != letter) {
            throw expected("'" + letter + "'");
        }
        position++;
    }

    private static String name(String key) {
        return "'" + (key.length() > LONGEST_NAME ? key.substring(0, LONGEST_NAME) + "..." : key) + "'";
    }

    private JsonException expected(String what) {
        return new JsonException("expected " + what + " at byte " + position);
    }

    /**
     * A string as JSON writes it.
     *
     * @param string any well-formed string
     * @return the string in quotes, with escapes where they are needed
     */
    public static String quote(String string) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
