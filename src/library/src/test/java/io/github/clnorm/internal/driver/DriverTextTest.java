package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DriverTextTest {

    private static String name(String text) {
        return DriverText.name(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void keepsOrdinaryNames() {
        assertEquals(
                "AMD Radeon\u2122 RX  7900 \u00e9 \u6f22 \ud83d\ude00",
                name("AMD Radeon\u2122 RX  7900 \u00e9 \u6f22 \ud83d\ude00"));
        assertEquals("padded", name("  padded \0 and more"));
        assertEquals("", name(""));
    }

    @Test
    void removesControlCharactersAndEscapeSequences() {
        assertEquals("red", name("\u001b[31mred\u001b[0m"));
        assertEquals("a b", name("\u001b]0;title\u0007a\r\nb"));
        assertEquals("a b c", name("a\u202eb\u2066\u200bc"));
        assertEquals("a", name("\u009b31ma"));
        assertEquals("a", name("a\u001b"));
    }

    @Test
    void replacesInvalidUtf8() {
        assertEquals("a\ufffdb", DriverText.name(new byte[] {'a', (byte) 0xff, 'b'}));
    }

    @Test
    void cutsLongNames() {
        String cut = name("N".repeat(1_000_000));
        assertEquals(DriverText.MAX_NAME, cut.length());
        assertTrue(cut.endsWith("\u2026"));
        String emoji = name("N".repeat(DriverText.MAX_NAME - 2) + "\ud83d\ude00".repeat(2));
        assertTrue(emoji.codePoints().noneMatch(c -> Character.getType(c) == Character.SURROGATE), emoji);
    }
}
