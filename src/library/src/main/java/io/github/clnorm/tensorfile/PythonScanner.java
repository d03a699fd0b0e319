package io.github.clnorm.tensorfile;

import io.github.clnorm.tensorfile.PythonLiteral.MalformedException;

/** A position in Python source text: characters, blanks, comments and words. Not thread-safe. */
final class PythonScanner {

    static final int NOTHING = -1;

    /** Python's limit for nested brackets. */
    private static final int MAX_DEPTH = 200;

    final String text;
    int at;
    private int depth;

    PythonScanner(String text) {
        this.text = text.replace("\r\n", "\n").replace('\r', '\n');
    }

    /** Enters a bracket, inside of which line ends are blanks. */
    void enter() throws MalformedException {
        if (++depth > MAX_DEPTH) {
            throw expected("at most " + MAX_DEPTH + " levels");
        }
    }

    void leave() {
        depth--;
    }

    /** Returns the next character and moves past it. */
    char next() {
        return text.charAt(at++);
    }

    MalformedException expected(String what) {
        return new MalformedException(what, at);
    }

    int peek() {
        return peek(0);
    }

    int peek(int ahead) {
        return at + ahead < text.length() ? text.charAt(at + ahead) : NOTHING;
    }

    boolean skip(char wanted) {
        boolean found = peek() == wanted;
        at += found ? 1 : 0;
        return found;
    }

    void expect(char wanted) throws MalformedException {
        if (!skip(wanted)) {
            throw expected("'" + wanted + "'");
        }
    }

    /** Skips leading blanks, then empty lines and comments. The line of the literal must not be indented. */
    void skipToFirst() throws MalformedException {
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

    /** Skips blanks and comments between tokens, and inside brackets also line ends. */
    void skipBlanks() {
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

    String word() {
        int start = at;
        while (isOfName(peek())) {
            at++;
        }
        return text.substring(start, at);
    }

    static boolean isOfName(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c == '_' || c > 0x7f;
    }

    static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }
}
