package io.github.clnorm.tensorfile;

import io.github.clnorm.tensorfile.PythonLiteral.MalformedException;
import java.math.BigInteger;

/** Reads Python's numbers. Not thread-safe. */
final class PythonNumbers {

    private final PythonScanner in;
    private final boolean ofPython2;

    PythonNumbers(PythonScanner in, boolean ofPython2) {
        this.in = in;
        this.ofPython2 = ofPython2;
    }

    boolean isNumber() {
        return PythonScanner.isDigit(in.peek())
                || in.peek() == '.' && PythonScanner.isDigit(in.peek(1))
                || in.peek() == '-'
                || in.peek() == '+';
    }

    /** Reads a signed number, or a complex one: a real number, a sign and an imaginary number. */
    Object number() throws MalformedException {
        Object first = signed();
        int end = in.at;
        in.skipBlanks();
        if (in.peek() != '+' && in.peek() != '-') {
            in.at = end;
            return first;
        }
        in.at++;
        in.skipBlanks();
        if (first == PythonLiteral.Other.COMPLEX || inParentheses() != PythonLiteral.Other.COMPLEX) {
            throw in.expected("a literal, not a sum");
        }
        return PythonLiteral.Other.COMPLEX;
    }

    private Object signed() throws MalformedException {
        boolean negative = in.peek() == '-';
        if (negative || in.peek() == '+') {
            in.at++;
            in.skipBlanks();
            Object number = inParentheses();
            return negative && number instanceof BigInteger whole ? whole.negate() : number;
        }
        return unsigned();
    }

    /** Reads an unsigned number, with or without parentheses. */
    private Object inParentheses() throws MalformedException {
        if (!in.skip('(')) {
            return unsigned();
        }
        in.enter();
        in.skipBlanks();
        Object number = inParentheses();
        in.skipBlanks();
        in.expect(')');
        in.leave();
        return number;
    }

    private Object unsigned() throws MalformedException {
        int start = in.at;
        Object number =
                in.peek() == '0' && in.peek(1) > 0 && "xXoObB".indexOf(in.peek(1)) >= 0 ? prefixed() : decimal();
        if (number instanceof BigInteger && ofPython2) {
            int end = in.at;
            in.skipBlanks();
            if (in.peek() != 'L' || PythonScanner.isOfName(in.peek(1))) {
                in.at = end;
            } else {
                in.at++;
            }
        }
        if (PythonScanner.isOfName(in.peek()) || in.peek() == '.') {
            in.at = start;
            throw in.expected("a number");
        }
        return number;
    }

    private Object prefixed() throws MalformedException {
        int radix =
                switch (in.peek(1)) {
                    case 'x', 'X' -> 16;
                    case 'o', 'O' -> 8;
                    default -> 2;
                };
        in.at += 2;
        in.skip('_');
        return new BigInteger(digits(radix), radix);
    }

    /** Reads digits and drops single underscores between them. */
    private String digits(int radix) throws MalformedException {
        StringBuilder digits = new StringBuilder();
        do {
            int start = in.at;
            while (in.peek() != PythonScanner.NOTHING && in.peek() < 0x80 && Character.digit(in.peek(), radix) >= 0) {
                digits.append(in.next());
            }
            if (in.at == start) {
                throw in.expected("a digit");
            }
        } while (in.skip('_'));
        return digits.toString();
    }

    private Object decimal() throws MalformedException {
        boolean whole = true;
        String digits = "0";
        if (in.peek() != '.') {
            if (!PythonScanner.isDigit(in.peek())) {
                throw in.expected("a number");
            }
            digits = digits(10);
        }
        if (in.skip('.')) {
            whole = false;
            if (PythonScanner.isDigit(in.peek())) {
                digits(10);
            }
        }
        int sign = in.peek(1) == '+' || in.peek(1) == '-' ? 1 : 0;
        if ((in.peek() == 'e' || in.peek() == 'E') && PythonScanner.isDigit(in.peek(1 + sign))) {
            whole = false;
            in.at += 1 + sign;
            digits(10);
        }
        if (in.skip('j') || in.skip('J')) {
            return PythonLiteral.Other.COMPLEX;
        }
        if (!whole) {
            return PythonLiteral.Other.REAL;
        }
        BigInteger value = new BigInteger(digits);
        if (digits.length() > 1 && digits.charAt(0) == '0' && value.signum() != 0) {
            throw in.expected("a number without leading zeros");
        }
        return value;
    }
}
