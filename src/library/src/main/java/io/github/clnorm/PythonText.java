package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;
import java.math.BigDecimal;

/** Values as Python prints them, for the texts of layers. */
final class PythonText {

    private PythonText() {}

    /** A float. */
    static String of(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e16) {
            return Double.toString(value);
        }
        String text = Double.toString(value);
        int exponent = text.indexOf('E');
        if (exponent < 0) {
            return text;
        }
        int power = Integer.parseInt(text.substring(exponent + 1));
        String digits = text.substring(0, exponent).replaceFirst("\\.0$", "");
        return power == -4
                ? new BigDecimal(text).stripTrailingZeros().toPlainString()
                : digits + "e" + (power < 0 ? "-" : "+") + (Math.abs(power) < 10 ? "0" : "") + Math.abs(power);
    }

    /** A bool. */
    static String of(boolean value) {
        return value ? "True" : "False";
    }

    /** A tuple of ints. */
    static String tuple(long... shape) {
        String list = Shapes.text(shape);
        return "(" + list.substring(1, list.length() - 1) + (shape.length == 1 ? ",)" : ")");
    }
}
