package io.github.clnorm.tensorfile;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the texts that Python's {@code ast.literal_eval} reads: one literal with comments and blanks, without
 * computation. A value is a String, a {@link Bytes}, a BigInteger, a Boolean, a {@link Tuple}, a {@link Sequence}, a
 * Map, or an
 * {@link Other}. If a key occurs twice in a map, the last value counts. Not thread-safe.
 */
final class PythonLiteral {

    /** A tuple. */
    record Tuple(List<Object> elements) {}

    /** A list or a set. Valid headers have none. */
    record Sequence(List<Object> elements) {}

    /** A bytes literal. */
    record Bytes(String characters) {}

    /** A literal whose value is not needed: None, an ellipsis, a real or complex number. */
    enum Other {
        NONE,
        ELLIPSIS,
        REAL,
        COMPLEX
    }

    /** The text is not a literal. */
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1;

        MalformedException(String expected, int at) {
            super("expected " + expected + " at character " + at);
        }
    }

    private final PythonScanner in;
    private final PythonStrings strings;
    private final PythonNumbers numbers;

    private PythonLiteral(String text, boolean ofPython2) {
        in = new PythonScanner(text);
        strings = new PythonStrings(in);
        numbers = new PythonNumbers(in, ofPython2);
    }

    /**
     * Parses a complete text.
     *
     * @param ofPython2 whether an L may follow a whole number
     */
    static Object parse(String text, boolean ofPython2) throws MalformedException {
        PythonLiteral reader = new PythonLiteral(text, ofPython2);
        reader.in.skipToFirst();
        Object value = reader.value();
        reader.in.skipBlanks();
        if (reader.in.peek() == ',') {
            throw reader.in.expected("the end");
        }
        reader.in.enter();
        reader.in.skipBlanks();
        if (reader.in.peek() != PythonScanner.NOTHING) {
            throw reader.in.expected("the end");
        }
        return value;
    }

    private Object value() throws MalformedException {
        int next = in.peek();
        if (next == '(' || next == '[' || next == '{') {
            return bracketed();
        }
        if (next == '\'' || next == '"') {
            return strings.strings();
        }
        if (numbers.isNumber()) {
            return numbers.number();
        }
        if (next == '.' && in.peek(1) == '.' && in.peek(2) == '.') {
            in.at += 3;
            return Other.ELLIPSIS;
        }
        int start = in.at;
        String word = in.word();
        if (in.peek() == '\'' || in.peek() == '"') {
            in.at = start;
            return strings.strings();
        }
        return switch (word) {
            case "True" -> true;
            case "False" -> false;
            case "None" -> Other.NONE;
            case "set" -> emptySet();
            default -> {
                in.at = start;
                throw in.expected("a literal");
            }
        };
    }

    /** Reads the rest of {@code set()}, the only call that is a literal. */
    private Object emptySet() throws MalformedException {
        in.skipBlanks();
        in.expect('(');
        in.enter();
        in.skipBlanks();
        in.expect(')');
        in.leave();
        return new Sequence(List.of());
    }

    private Object bracketed() throws MalformedException {
        int bracket = in.next();
        in.enter();
        in.skipBlanks();
        Object value =
                switch (bracket) {
                    case '(' -> tupleOrValue();
                    case '[' -> new Sequence(elements(']', new ArrayList<>()));
                    default -> mapOrSet();
                };
        in.leave();
        return value;
    }

    private Object tupleOrValue() throws MalformedException {
        if (in.skip(')')) {
            return new Tuple(List.of());
        }
        Object first = value();
        in.skipBlanks();
        if (in.skip(')')) {
            return first;
        }
        List<Object> elements = new ArrayList<>();
        elements.add(first);
        in.expect(',');
        in.skipBlanks();
        return new Tuple(elements(')', elements));
    }

    /** Reads elements up to a closing bracket, separated by commas, with an optional comma after the last. */
    private List<Object> elements(char closing, List<Object> elements) throws MalformedException {
        while (!in.skip(closing)) {
            elements.add(value());
            in.skipBlanks();
            if (in.peek() != closing) {
                in.expect(',');
                in.skipBlanks();
            }
        }
        return elements;
    }

    private Object mapOrSet() throws MalformedException {
        Map<Object, Object> members = new LinkedHashMap<>();
        if (in.skip('}')) {
            return members;
        }
        Object first = hashable();
        in.skipBlanks();
        if (in.peek() != ':') {
            return set(first);
        }
        Object key = first;
        while (true) {
            in.expect(':');
            in.skipBlanks();
            members.put(key, value());
            in.skipBlanks();
            if (in.skip('}')) {
                return members;
            }
            in.expect(',');
            in.skipBlanks();
            if (in.skip('}')) {
                return members;
            }
            key = hashable();
            in.skipBlanks();
        }
    }

    private Object set(Object first) throws MalformedException {
        List<Object> elements = new ArrayList<>();
        elements.add(first);
        while (!in.skip('}')) {
            in.expect(',');
            in.skipBlanks();
            if (in.peek() != '}') {
                elements.add(hashable());
                in.skipBlanks();
            }
        }
        return new Sequence(elements);
    }

    private Object hashable() throws MalformedException {
        int start = in.at;
        Object value = value();
        if (!isHashable(value)) {
            in.at = start;
            throw in.expected("a value that can be a key");
        }
        return value;
    }

    private static boolean isHashable(Object value) {
        return value instanceof Tuple tuple
                ? tuple.elements.stream().allMatch(PythonLiteral::isHashable)
                : !(value instanceof Sequence || value instanceof Map);
    }
}
