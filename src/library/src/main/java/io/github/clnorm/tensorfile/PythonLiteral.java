package io.github.clnorm.tensorfile;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads what Python's {@code ast.literal_eval} reads: one literal with comments and blanks, and nothing that is computed. A
 * value is a String, a {@link Bytes}, a BigInteger, a Boolean, a {@link Tuple}, a {@link Sequence}, a Map (where a key that
 * occurs twice has its last value), or an {@link Other}.
 */
final class PythonLiteral {

    /** Python's limit for brackets in brackets. */
    private static final int DEEPEST = 200;

    private static final int NOTHING = -1;

    /** A tuple. */
    record Tuple(List<Object> elements) {}

    /** A list or a set, of which no header has one. */
    record Sequence(List<Object> elements) {}

    /** A string of bytes. */
    record Bytes(String characters) {}

    /** A literal whose value does not matter here: None, an ellipsis, a real or complex number. */
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

    private final String text;
    private final boolean ofPython2;
    private int at;
    private int depth;

    private PythonLiteral(String text, boolean ofPython2) {
        this.text = text.replace("\r\n", "\n").replace('\r', '\n');
        this.ofPython2 = ofPython2;
    }

    /**
     * Reads a text as a whole.
     *
     * @param ofPython2 whether an L may follow a whole number
     */
    static Object parse(String text, boolean ofPython2) throws MalformedException {
        PythonLiteral reader = new PythonLiteral(text, ofPython2);
        reader.skipToFirst();
        Object value = reader.value();
        reader.skipBlanks();
        if (reader.peek() == ',') {
            throw reader.expected("the end");
        }
        reader.depth++;
        reader.skipBlanks();
        if (reader.peek() != NOTHING) {
            throw reader.expected("the end");
        }
        return value;
    }

    private MalformedException expected(String what) {
        return new MalformedException(what, at);
    }

    private int peek() {
        return peek(0);
    }

    private int peek(int ahead) {
        return at + ahead < text.length() ? text.charAt(at + ahead) : NOTHING;
    }

    private boolean skip(char wanted) {
        boolean found = peek() == wanted;
        at += found ? 1 : 0;
        return found;
    }

    private void expect(char wanted) throws MalformedException {
        if (!skip(wanted)) {
            throw expected("'" + wanted + "'");
        }
    }

    // Between tokens.

    /** Blanks in front of everything, then empty lines and comments. The line of the literal must not be indented. */
    private void skipToFirst() throws MalformedException {
        while (peek() == ' ' || peek() == '\t') {
            at++;
        }
        int indentation = 0;
        while (true) {
            int next = peek();
            if (next == '#') {
                skipComment();
                continue;
            }
            if (next == '\\' && peek(1) == '\n') {
                at++;
            } else if (next == '\n' || next == '\f') {
                indentation = 0;
            } else if (next == ' ' || next == '\t') {
                indentation++;
            } else {
                break;
            }
            at++;
        }
        if (indentation > 0) {
            throw expected("no indentation");
        }
    }

    /** What may stand between tokens; ends of lines only inside of brackets. */
    private void skipBlanks() {
        while (true) {
            int next = peek();
            if (next == ' ' || next == '\t' || next == '\f' || next == '\n' && depth > 0) {
                at++;
            } else if (next == '\\' && peek(1) == '\n' && peek(2) != NOTHING) {
                at += 2;
            } else if (next == '#') {
                skipComment();
            } else {
                return;
            }
        }
    }

    private void skipComment() {
        while (peek() != '\n' && peek() != NOTHING && peek() != 0) {
            at++;
        }
    }

    // Values.

    private Object value() throws MalformedException {
        int next = peek();
        if (next == '(' || next == '[' || next == '{') {
            return bracketed();
        }
        if (next == '\'' || next == '"') {
            return strings();
        }
        if (isNumber()) {
            return number();
        }
        if (next == '.' && peek(1) == '.' && peek(2) == '.') {
            at += 3;
            return Other.ELLIPSIS;
        }
        int start = at;
        String word = word();
        if (peek() == '\'' || peek() == '"') {
            at = start;
            return strings();
        }
        return switch (word) {
            case "True" -> true;
            case "False" -> false;
            case "None" -> Other.NONE;
            case "set" -> emptySet();
            default -> {
                at = start;
                throw expected("a literal");
            }
        };
    }

    private String word() {
        int start = at;
        while (isOfName(peek())) {
            at++;
        }
        return text.substring(start, at);
    }

    private static boolean isOfName(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c == '_' || c > 0x7f;
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    /** The only call that is a literal. */
    private Object emptySet() throws MalformedException {
        skipBlanks();
        expect('(');
        depth++;
        skipBlanks();
        expect(')');
        depth--;
        return new Sequence(List.of());
    }

    private Object bracketed() throws MalformedException {
        int bracket = text.charAt(at++);
        if (++depth > DEEPEST) {
            throw expected("at most " + DEEPEST + " levels");
        }
        skipBlanks();
        Object value =
                switch (bracket) {
                    case '(' -> tupleOrValue();
                    case '[' -> new Sequence(elements(']', new ArrayList<>()));
                    default -> mapOrSet();
                };
        depth--;
        return value;
    }

    private Object tupleOrValue() throws MalformedException {
        if (skip(')')) {
            return new Tuple(List.of());
        }
        Object first = value();
        skipBlanks();
        if (skip(')')) {
            return first;
        }
        List<Object> elements = new ArrayList<>();
        elements.add(first);
        expect(',');
        skipBlanks();
        return new Tuple(elements(')', elements));
    }

    /** The elements up to a closing bracket, with commas between them, and one after the last if there is one. */
    private List<Object> elements(char closing, List<Object> elements) throws MalformedException {
        while (!skip(closing)) {
            elements.add(value());
            skipBlanks();
            if (peek() != closing) {
                expect(',');
                skipBlanks();
            }
        }
        return elements;
    }

    private Object mapOrSet() throws MalformedException {
        Map<Object, Object> members = new LinkedHashMap<>();
        if (skip('}')) {
            return members;
        }
        Object first = hashable();
        skipBlanks();
        if (peek() != ':') {
            return set(first);
        }
        Object key = first;
        while (true) {
            expect(':');
            skipBlanks();
            members.put(key, value());
            skipBlanks();
            if (skip('}')) {
                return members;
            }
            expect(',');
            skipBlanks();
            if (skip('}')) {
                return members;
            }
            key = hashable();
            skipBlanks();
        }
    }

    private Object set(Object first) throws MalformedException {
        List<Object> elements = new ArrayList<>();
        elements.add(first);
        while (!skip('}')) {
            expect(',');
            skipBlanks();
            if (peek() != '}') {
                elements.add(hashable());
                skipBlanks();
            }
        }
        return new Sequence(elements);
    }

    private Object hashable() throws MalformedException {
        int start = at;
        Object value = value();
        if (!isHashable(value)) {
            at = start;
            throw expected("a value that can be a key");
        }
        return value;
    }

    private static boolean isHashable(Object value) {
        return value instanceof Tuple tuple
                ? tuple.elements.stream().allMatch(PythonLiteral::isHashable)
                : !(value instanceof Sequence || value instanceof Map);
    }

    // Strings.

    /** Strings that follow each other are one. */
    private Object strings() throws MalformedException {
        StringBuilder characters = new StringBuilder();
        boolean bytes = string(characters);
        while (true) {
            int start = at;
            skipBlanks();
            int beforeWord = at;
            word();
            boolean isString = peek() == '\'' || peek() == '"';
            if (!isString) {
                at = start;
                return bytes ? new Bytes(characters.toString()) : characters.toString();
            }
            at = beforeWord;
            if (string(characters) != bytes) {
                at = beforeWord;
                throw expected(bytes ? "bytes after bytes" : "no bytes after a string");
            }
        }
    }

    /** Whether it is one of bytes. */
    private boolean string(StringBuilder characters) throws MalformedException {
        int start = at;
        String prefix = word().toLowerCase(Locale.ROOT);
        if (!List.of("", "u", "r", "b", "br", "rb").contains(prefix)) {
            at = start;
            throw expected("a literal");
        }
        boolean bytes = prefix.contains("b");
        boolean raw = prefix.contains("r");
        char quote = text.charAt(at);
        boolean triple = peek(1) == quote && peek(2) == quote;
        at += triple ? 3 : 1;
        while (!(peek() == quote && (!triple || peek(1) == quote && peek(2) == quote))) {
            int next = peek();
            if (next == NOTHING || next == 0 || next == '\n' && !triple || bytes && next > 0x7f) {
                throw expected(bytes && next > 0x7f ? "an ASCII character" : "the end of the string");
            }
            if (next != '\\') {
                characters.append((char) next);
                at++;
            } else if (raw) {
                characters.append('\\');
                at++;
                if (peek() != NOTHING) {
                    characters.append(text.charAt(at++));
                }
            } else {
                at++;
                escape(characters, bytes);
            }
        }
        at += triple ? 3 : 1;
        return bytes;
    }

    private void escape(StringBuilder characters, boolean bytes) throws MalformedException {
        int letter = peek();
        if (letter == NOTHING) {
            throw expected("the end of the string");
        }
        at++;
        switch (letter) {
            case '\n' -> {}
            case 'a' -> characters.append('\u0007');
            case 'b' -> characters.append('\b');
            case 'f' -> characters.append('\f');
            case 'n' -> characters.append('\n');
            case 'r' -> characters.append('\r');
            case 't' -> characters.append('\t');
            case 'v' -> characters.append('\u000b');
            case '\\', '\'', '"' -> characters.append((char) letter);
            case 'x' -> characters.appendCodePoint(hexadecimal(2));
            case '0', '1', '2', '3', '4', '5', '6', '7' -> characters.append(octal(letter - '0'));
            case 'u', 'U', 'N' -> {
                if (bytes) {
                    characters.append('\\').append((char) letter);
                } else {
                    characters.appendCodePoint(letter == 'N' ? named() : hexadecimal(letter == 'u' ? 4 : 8));
                }
            }
                // Python leaves the backslash of an escape that it does not know.
            default -> characters.append('\\').append((char) letter);
        }
    }

    private char octal(int firstDigit) {
        int value = firstDigit;
        for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; i++) {
            value = 8 * value + text.charAt(at++) - '0';
        }
        return (char) value;
    }

    private int hexadecimal(int digits) throws MalformedException {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = peek() > 0x7f ? -1 : Character.digit(peek(), 16);
            if (digit < 0) {
                throw expected(digits + " hexadecimal digits");
            }
            value = 16 * value + digit;
            at++;
        }
        if (value < 0 || value > Character.MAX_CODE_POINT) {
            throw expected("a character of Unicode");
        }
        return value;
    }

    private int named() throws MalformedException {
        int end = text.indexOf('}', at);
        if (peek() != '{' || end < 0) {
            throw expected("the name of a character");
        }
        try {
            int character = Character.codePointOf(text.substring(at + 1, end));
            at = end + 1;
            return character;
        } catch (IllegalArgumentException e) {
            throw expected("the name of a character");
        }
    }

    // Numbers.

    private boolean isNumber() {
        return isDigit(peek()) || peek() == '.' && isDigit(peek(1)) || peek() == '-' || peek() == '+';
    }

    /** A signed number, or a complex one: a real number, a sign, and an imaginary one. */
    private Object number() throws MalformedException {
        Object first = signed();
        int end = at;
        skipBlanks();
        if (peek() != '+' && peek() != '-') {
            at = end;
            return first;
        }
        at++;
        skipBlanks();
        if (first == Other.COMPLEX || inParentheses() != Other.COMPLEX) {
            throw expected("a literal, not a sum");
        }
        return Other.COMPLEX;
    }

    private Object signed() throws MalformedException {
        boolean negative = peek() == '-';
        if (negative || peek() == '+') {
            at++;
            skipBlanks();
            Object number = inParentheses();
            return negative && number instanceof BigInteger whole ? whole.negate() : number;
        }
        return unsigned();
    }

    /** An unsigned number, which brackets may surround. */
    private Object inParentheses() throws MalformedException {
        if (!skip('(')) {
            return unsigned();
        }
        if (++depth > DEEPEST) {
            throw expected("at most " + DEEPEST + " levels");
        }
        skipBlanks();
        Object number = inParentheses();
        skipBlanks();
        expect(')');
        depth--;
        return number;
    }

    private Object unsigned() throws MalformedException {
        int start = at;
        Object number = peek() == '0' && peek(1) > 0 && "xXoObB".indexOf(peek(1)) >= 0 ? prefixed() : decimal();
        if (number instanceof BigInteger && ofPython2) {
            int end = at;
            skipBlanks();
            if (peek() != 'L' || isOfName(peek(1))) {
                at = end;
            } else {
                at++;
            }
        }
        if (isOfName(peek()) || peek() == '.') {
            at = start;
            throw expected("a number");
        }
        return number;
    }

    private Object prefixed() throws MalformedException {
        int radix =
                switch (peek(1)) {
                    case 'x', 'X' -> 16;
                    case 'o', 'O' -> 8;
                    default -> 2;
                };
        at += 2;
        skip('_');
        return new BigInteger(digits(radix), radix);
    }

    /** Digits, with single underscores between them, which are left out. */
    private String digits(int radix) throws MalformedException {
        StringBuilder digits = new StringBuilder();
        do {
            int start = at;
            while (peek() != NOTHING && peek() < 0x80 && Character.digit(peek(), radix) >= 0) {
                digits.append(text.charAt(at++));
            }
            if (at == start) {
                throw expected("a digit");
            }
        } while (skip('_'));
        return digits.toString();
    }

    private Object decimal() throws MalformedException {
        boolean whole = true;
        String digits = "0";
        if (peek() != '.') {
            if (!isDigit(peek())) {
                throw expected("a number");
            }
            digits = digits(10);
        }
        if (skip('.')) {
            whole = false;
            if (isDigit(peek())) {
                digits(10);
            }
        }
        int sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
        if ((peek() == 'e' || peek() == 'E') && isDigit(peek(1 + sign))) {
            whole = false;
            at += 1 + sign;
            digits(10);
        }
        if (skip('j') || skip('J')) {
            return Other.COMPLEX;
        }
        if (!whole) {
            return Other.REAL;
        }
        BigInteger value = new BigInteger(digits);
        if (digits.length() > 1 && digits.charAt(0) == '0' && value.signum() != 0) {
            throw expected("a number without leading zeros");
        }
        return value;
    }
}
