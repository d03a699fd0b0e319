package io.github.clnorm.tools.terminal;

import java.math.BigInteger;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Converters for numbers, with messages in words instead of Java's type names. They are classes, not lambdas: if a
 * lambda implements one of picocli's interfaces, the launcher's class-data archive omits 31 of picocli's classes.
 */
public final class Numbers {

    private Numbers() {}

    public static void register(CommandLine commandLine) {
        commandLine.registerConverter(double.class, new Real());
        commandLine.registerConverter(Double.class, new Real());
        commandLine.registerConverter(long.class, new Whole());
        commandLine.registerConverter(Long.class, new Whole());
        commandLine.registerConverter(int.class, new SmallWhole());
        commandLine.registerConverter(Integer.class, new SmallWhole());
    }

    private static final class Real implements ITypeConverter<Double> {
        @Override
        public Double convert(String text) {
            try {
                return Double.valueOf(text);
            } catch (NumberFormatException e) {
                throw new TypeConversionException("'" + text + "' is not a number");
            }
        }
    }

    private static final class Whole implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return whole(text, Long::valueOf, Long.MAX_VALUE);
        }
    }

    private static final class SmallWhole implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return whole(text, Integer::valueOf, Integer.MAX_VALUE);
        }
    }

    private static <T> T whole(String text, Function<String, T> parse, long largest) {
        try {
            return parse.apply(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException(
                    "'" + text + "' is not a whole number" + (isWhole(text) ? " up to " + largest : ""));
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
