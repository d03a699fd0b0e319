package io.github.clnorm.cli;

import java.math.BigInteger;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers on the command line, with messages in words instead of Java's types. */
final class Numbers {

    private Numbers() {}

    static void register(CommandLine commandLine) {
        ITypeConverter<Double> real = Numbers::real;
        ITypeConverter<Long> whole = text -> whole(text, Long::valueOf, Long.MAX_VALUE);
        ITypeConverter<Integer> small = text -> whole(text, Integer::valueOf, Integer.MAX_VALUE);
        commandLine.registerConverter(double.class, real);
        commandLine.registerConverter(Double.class, real);
        commandLine.registerConverter(long.class, whole);
        commandLine.registerConverter(Long.class, whole);
        commandLine.registerConverter(int.class, small);
        commandLine.registerConverter(Integer.class, small);
    }

    private static Double real(String text) {
        try {
            return Double.valueOf(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not a number");
        }
    }

    private static <T> T whole(String text, Function<String, T> parse, long largest) {
        try {
            return parse.apply(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not a whole number"
                    + (isWhole(text) ? " up to " + largest : ""));
        }
    }

    private static boolean isWhole(String text) {
        try {
            return new BigInteger(text).signum() > 0;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
