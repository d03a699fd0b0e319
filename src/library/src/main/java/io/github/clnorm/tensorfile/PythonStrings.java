package io.github.clnorm.tensorfile;

import io.github.clnorm.tensorfile.PythonLiteral.MalformedException;
import java.util.List;
import java.util.Locale;

/** Reads Python's string and bytes literals. Not thread-safe. */
final class PythonStrings {

    private final PythonScanner in;

    PythonStrings(PythonScanner in) {
        this.in = in;
    }

    /** Reads one or more adjacent strings, which Python joins. */
    Object strings() throws MalformedException {
        StringBuilder characters = new StringBuilder();
        boolean bytes = string(characters);
        while (true) {
            int start = in.at;
            in.skipBlanks();
            int beforeWord = in.at;
            in.word();
            boolean isString = in.peek() == '\'' || in.peek() == '"';
            if (!isString) {
                in.at = start;
                return bytes ? new PythonLiteral.Bytes(characters.toString()) : characters.toString();
            }
            in.at = beforeWord;
            if (string(characters) != bytes) {
                in.at = beforeWord;
                throw in.expected(bytes ? "bytes after bytes" : "no bytes after a string");
            }
        }
    }

    /** Appends one string. Returns whether it is a bytes literal. */
    private boolean string(StringBuilder characters) throws MalformedException {
        int start = in.at;
        String prefix = in.word().toLowerCase(Locale.ROOT);
        if (!List.of("", "u", "r", "b", "br", "rb").contains(prefix)) {
            in.at = start;
            throw in.expected("a literal");
        }
        boolean bytes = prefix.contains("b");
        boolean raw = prefix.contains("r");
        int quote = in.peek();
        boolean triple = in.peek(1) == quote && in.peek(2) == quote;
        in.at += triple ? 3 : 1;
        while (!(in.peek() == quote && (!triple || in.peek(1) == quote && in.peek(2) == quote))) {
            int next = in.peek();
            if (next == PythonScanner.NOTHING || next == 0 || next == '\n' && !triple || bytes && next > 0x7f) {
                throw in.expected(bytes && next > 0x7f ? "an ASCII character" : "the end of the string");
            }
            if (next != '\\') {
                characters.append((char) next);
                in.at++;
            } else if (raw) {
                characters.append('\\');
                in.at++;
                if (in.peek() != PythonScanner.NOTHING) {
                    characters.append(in.next());
                }
            } else {
                in.at++;
                escape(characters, bytes);
            }
        }
        in.at += triple ? 3 : 1;
        return bytes;
    }

    private void escape(StringBuilder characters, boolean bytes) throws MalformedException {
        int letter = in.peek();
        if (letter == PythonScanner.NOTHING) {
            throw in.expected("the end of the string");
        }
        in.at++;
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
                // Python keeps the backslash of an unknown escape.
            default -> characters.append('\\').append((char) letter);
        }
    }

    private char octal(int firstDigit) {
        int value = firstDigit;
        for (int i = 0; i < 2 && in.peek() >= '0' && in.peek() <= '7'; i++) {
            value = 8 * value + in.next() - '0';
        }
        return (char) value;
    }

    private int hexadecimal(int digits) throws MalformedException {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = in.peek() > 0x7f ? -1 : Character.digit(in.peek(), 16);
            if (digit < 0) {
                throw in.expected(digits + " hexadecimal digits");
            }
            value = 16 * value + digit;
            in.at++;
        }
        if (value < 0 || value > Character.MAX_CODE_POINT) {
            throw in.expected("a character of Unicode");
        }
        return value;
    }

    private int named() throws MalformedException {
        int end = in.text.indexOf('}', in.at);
        if (in.peek() != '{' || end < 0) {
            throw in.expected("the name of a character");
        }
        try {
            int character = Character.codePointOf(in.text.substring(in.at + 1, end));
            in.at = end + 1;
            return character;
        } catch (IllegalArgumentException e) {
            throw in.expected("the name of a character");
        }
    }
}
