package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A driver may return any sizes and counts. */
class DriverAnswerTest {

    private static final int MOST = 1000;
    private static final int INVALID_VALUE = -30;

    /** A driver with a text that reports some size. */
    private static DriverAnswer.Query driver(String text, long size) {
        byte[] all = (text + "\0").getBytes(StandardCharsets.UTF_8);
        return (bytes, into) -> {
            if (bytes == null) {
                into[0] = size;
                return 0;
            }
            if (bytes.length < all.length) {
                return INVALID_VALUE;
            }
            System.arraycopy(all, 0, bytes, 0, all.length);
            return 0;
        };
    }

    @Test
    void readsATextOfTheReportedSize() {
        assertEquals("PoCL é", DriverAnswer.of(driver("PoCL é", 8), MOST).text());
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, 1L << 40, Integer.MAX_VALUE, 1L << 32, MOST + 1})
    void aWrongSizeDoesNoHarm(long size) {
        AtomicInteger asked = new AtomicInteger();
        DriverAnswer.Query driver = driver("PoCL", size);
        DriverAnswer text = DriverAnswer.of(
                (bytes, into) -> {
                    asked.set(bytes == null ? 0 : bytes.length);
                    return driver.ask(bytes, into);
                },
                MOST);
        assertEquals("PoCL", text.text());
        assertEquals(MOST, asked.get());
    }

    @Test
    void aFailureKeepsItsCode() {
        assertEquals(-33, DriverAnswer.of((bytes, size) -> -33, MOST).code());
        assertEquals("", DriverAnswer.of((bytes, size) -> 0, MOST).text(), "a size of 0");
    }
}
