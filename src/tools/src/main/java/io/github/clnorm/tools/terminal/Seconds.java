package io.github.clnorm.tools.terminal;

import java.math.BigDecimal;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A duration on the command line: {@code 30s}, {@code 500ms}, {@code 2m}, or a number of seconds. */
public record Seconds(long nanoseconds) {

    private static final Pattern FORM = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)(ms|s|m|)");
    private static final Map<String, Long> UNITS =
            Map.of("ms", 1_000_000L, "s", 1_000_000_000L, "", 1_000_000_000L, "m", 60_000_000_000L);
    private static final long LONGEST = 24 * 60 * UNITS.get("m");

    /** The picocli converter. */
    public static final class Converter implements ITypeConverter<Seconds> {
        @Override
        public Seconds convert(String text) {
            Matcher matcher = FORM.matcher(text);
            long nanoseconds = matcher.matches()
                    ? new BigDecimal(matcher.group(1))
                            .multiply(BigDecimal.valueOf(UNITS.get(matcher.group(2))))
                            .longValue()
                    : 0;
            if (nanoseconds <= 0 || nanoseconds > LONGEST) {
                throw new TypeConversionException(
                        "'" + text + "' is not a duration above 0 and up to a day, such as 2s, 500ms or 1m");
            }
            return new Seconds(nanoseconds);
        }
    }

    /** Such as {@code 0.5 s}. */
    public String text() {
        return BigDecimal.valueOf(nanoseconds, 9).stripTrailingZeros().toPlainString() + " s";
    }

    public double seconds() {
        return nanoseconds / 1e9;
    }
}
