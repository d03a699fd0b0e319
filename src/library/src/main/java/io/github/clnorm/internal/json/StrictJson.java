package io.github.clnorm.internal.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Strict reader of JSON (RFC 8259) in UTF-8, on top of Jackson's streaming parser. It rejects duplicate keys, more than
 * {@value #MAX_DEPTH} levels, invalid UTF-8, unpaired surrogates and anything after the value. The caller either asks
 * for the value it expects, or for {@linkplain #value() a value of any kind}.
 *
 * <p>Every method, the constructors included, throws a {@link JsonException} if the text is something else. A message
 * gives the position in bytes. Not thread-safe.
 */
public final class StrictJson {

    private static final int MAX_DEPTH = 32;
    private static final int MAX_DIGITS_OF_LONG = 19;
    private static final int MAX_MESSAGE = 200;
    /** What Jackson tells programmers: positions in lines and columns, and features to enable. */
    private static final Pattern FOR_PROGRAMMERS =
            Pattern.compile(" \\((start marker at|not recognized as one since) .*|: enable `.*", Pattern.DOTALL);

    /** Heap taken by a key with its entries in a set and a map, without its characters. */
    private static final int KEY_BYTES = 160;
    /** Heap taken for a moment by a string of n bytes, divided by n: buffer, builder and result. */
    private static final int STRING_BYTES = 8;

    private final byte[] text;
    private final JsonParser parser;
    private final Utf8Positions positions;

    /** Bytes of heap that may still be taken. */
    private long room;

    /** The value to be read next, or the last token of the value just read. */
    private JsonToken token;

    /**
     * Starts at the first value of a text.
     *
     * @param text UTF-8; not copied
     */
    public StrictJson(byte[] text) {
        this(text, Long.MAX_VALUE);
    }

    /**
     * Starts at the first value of a text from an untrusted source. The limit counts keys, numbers and
     * {@linkplain #textSince raw text}. It does not count other strings, except that each of them must fit.
     *
     * @param text UTF-8; not copied
     * @param maxHeap about how many bytes of heap may be taken; beyond it, methods throw {@link TooLargeException}
     */
    public StrictJson(byte[] text, long maxHeap) {
        Utf8Text.check(text);
        this.text = text;
        this.positions = new Utf8Positions(text);
        this.room = maxHeap;
        try {
            parser = factory(maxHeap)
                    .createParser(new InputStreamReader(new ByteArrayInputStream(text), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new JsonException(e.getMessage());
        }
        advance();
    }

    /** A factory that keeps no state: no symbol table, interned name or buffer outlives the text. */
    private static JsonFactory factory(long maxHeap) {
        int longest = (int) Math.max(0, Math.min(Integer.MAX_VALUE, maxHeap / STRING_BYTES));
        return JsonFactory.builder()
                .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
                .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxNameLength(longest)
                        .maxStringLength(longest)
                        .maxNumberLength(longest)
                        .build())
                .build();
    }

    /** Reading the text takes more heap than the limit. */
    public static final class TooLargeException extends JsonException {
        private static final long serialVersionUID = 1;

        TooLargeException(int position) {
            super("reading it takes more memory than Java has, at byte " + position);
        }
    }

    /**
     * Where the value to be read next begins.
     *
     * @return the index of its first byte; the text's length at its end
     */
    public int position() {
        return token == null
                ? text.length
                : positions.ofCharacter(parser.currentTokenLocation().getCharOffset());
    }

    /**
     * Copies the raw text up to the end of the value just read.
     *
     * @param start an earlier {@link #position()}
     * @return the text from there
     */
    public String textSince(int start) {
        finishToken();
        int length = positions.ofCharacter(parser.currentLocation().getCharOffset()) - start;
        checkRoom((long) STRING_BYTES * length);
        take(2L * length);
        return new String(text, start, length, StandardCharsets.UTF_8);
    }

    /** Enters an object; {@link #nextKey()} follows. */
    public void beginObject() {
        require(JsonToken.START_OBJECT, "'{'");
    }

    /**
     * Moves to the next member of an object. The caller reads its value before it calls this again.
     *
     * @return its key; null, once, at the end of the object
     */
    public String nextKey() {
        if (advance() == JsonToken.END_OBJECT) {
            return null;
        }
        String key = key();
        advance();
        return key;
    }

    /** Enters an array; {@link #nextElement()} follows. */
    public void beginArray() {
        require(JsonToken.START_ARRAY, "'['");
    }

    /**
     * Moves to the next element of an array. The caller reads it before it calls this again.
     *
     * @return false, once, at the end of the array
     */
    public boolean nextElement() {
        return advance() != JsonToken.END_ARRAY;
    }

    /** Requires that only white space follows. */
    public void end() {
        JsonToken next;
        try {
            next = parser.nextToken();
        } catch (IOException e) {
            throw new JsonException("expected the end at byte " + errorPosition(e));
        }
        if (next != null) {
            token = next;
            throw expected("the end");
        }
    }

    /**
     * Reads a string.
     *
     * @return its characters
     */
    public String string() {
        require(JsonToken.VALUE_STRING, "'\"'");
        return text();
    }

    /**
     * Reads a number from 0 to 2<sup>63</sup>-1 without fraction and exponent.
     *
     * @return the number
     */
    public long wholeNumber() {
        require(JsonToken.VALUE_NUMBER_INT, "a whole number, 0 or more");
        try {
            int length = parser.getTextLength();
            // Also -0 has a sign.
            if (parser.getTextCharacters()[parser.getTextOffset()] == '-') {
                throw expected("a whole number, 0 or more");
            }
            if (length > MAX_DIGITS_OF_LONG) {
                throw expected("a number up to 2^63-1");
            }
            return length < MAX_DIGITS_OF_LONG ? parser.getLongValue() : Long.parseLong(parser.getText());
        } catch (NumberFormatException e) {
            throw expected("a number up to 2^63-1");
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /**
     * Reads an array of numbers, as {@link #wholeNumber()} does.
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
        take((long) Long.BYTES * count);
        return Arrays.copyOf(numbers, count);
    }

    /**
     * Reads a value of any kind.
     *
     * @return a map in the order of the text, a list, a string, a Double, a Boolean, or null
     */
    public Object value() {
        if (token == null) {
            throw expected("a value");
        }
        return switch (token) {
            case START_OBJECT -> {
                Map<String, Object> members = new LinkedHashMap<>();
                for (String key = nextKey(); key != null; key = nextKey()) {
                    members.put(key, value());
                }
                yield members;
            }
            case START_ARRAY -> {
                List<Object> elements = new ArrayList<>();
                while (nextElement()) {
                    elements.add(value());
                }
                yield elements;
            }
            case VALUE_STRING -> text();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> number();
        };
    }

    private Double number() {
        double number = Double.parseDouble(text());
        if (Double.isInfinite(number)) {
            throw expected("a number of at most " + Double.MAX_VALUE);
        }
        return number;
    }

    /** Reads a value of any kind and discards it. */
    public void skip() {
        int depth = 0;
        do {
            if (token == null) {
                throw expected("a value");
            }
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            if (depth > 0) {
                advance();
            }
        } while (depth > 0);
        finishToken();
    }

    /**
     * Reads null, if that is the next value.
     *
     * @return whether it was
     */
    public boolean skipNull() {
        return token == JsonToken.VALUE_NULL;
    }

    private JsonToken advance() {
        try {
            token = parser.nextToken();
        } catch (IOException e) {
            throw failure(e);
        }
        if (token == JsonToken.FIELD_NAME) {
            take(KEY_BYTES + 2L * key().length());
        }
        return token;
    }

    private String key() {
        try {
            return parser.currentName();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private String text() {
        try {
            return parser.getText();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /** Completes the current token. Jackson reads strings lazily. */
    private void finishToken() {
        try {
            parser.finishToken();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private void require(JsonToken kind, String what) {
        if (token != kind) {
            throw expected(what);
        }
    }

    /** Counts heap that stays taken. */
    private void take(long bytes) {
        checkRoom(bytes);
        room -= bytes;
    }

    private void checkRoom(long bytes) {
        if (bytes > room) {
            throw new TooLargeException(position());
        }
    }

    private JsonException expected(String what) {
        return new JsonException("expected " + what + " at byte " + position());
    }

    private JsonException failure(IOException e) {
        int position = errorPosition(e);
        if (e instanceof StreamConstraintsException) {
            // The other limits are all about memory.
            return parser.getParsingContext().getNestingDepth() > MAX_DEPTH
                    ? new JsonException("more than " + MAX_DEPTH + " levels at byte " + position)
                    : new TooLargeException(position);
        }
        String message = e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
        message = FOR_PROGRAMMERS.matcher(message).replaceAll("");
        // Jackson quotes a duplicate key in full.
        String excerpt = message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE) + "..." : message;
        return new JsonException(excerpt + " at byte " + position);
    }

    private int errorPosition(IOException e) {
        boolean located = e instanceof JsonProcessingException json && json.getLocation() != null;
        return located
                ? positions.ofCharacter(
                        ((JsonProcessingException) e).getLocation().getCharOffset())
                : position();
    }
}
