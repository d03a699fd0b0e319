package io.github.clnorm.tools.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FigureTextTest {

    @ParameterizedTest
    @CsvSource({"0.00432, 0.0043", "0.0999, 0.1", "0.216, 0.22", "9.994, 9.99", "15.23, 15.2", "1234.4, 1234"})
    void noRateIsZero(double rate, String text) {
        assertEquals(text, FigureText.rate(rate));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1023, 1023 B",
        "1024, 1.0 KiB",
        "20480, 20 KiB",
        "9437184, 9.0 MiB",
        "134217728, 128 MiB",
        "2147483648, 2.0 GiB"
    })
    void sizes(long count, String text) {
        assertEquals(text, FigureText.bytes(count));
    }

    @Test
    void errorsAndRatios() {
        assertEquals("2.4e-07", FigureText.error(2.4e-7));
        assertEquals("-", FigureText.error(Double.NaN));
        assertEquals("1.05", FigureText.ratio(1.049));
        assertEquals("61%", FigureText.percent(0.612));
        assertEquals("99.9", FigureText.microseconds(99.94));
        assertEquals("100", FigureText.microseconds(100));
    }
}
