package io.github.clnorm.internal.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonWriterTest {

    @Test
    void writesWhatItReads() {
        String text = "{\"a\": [1, -2, 1.5, 1.0E300, \"q\\\"\\\\ü\\n\", true, null, {}], \"b\": {\"c\": []}}";
        assertEquals(text, JsonWriter.text(new StrictJson(text.getBytes(StandardCharsets.UTF_8)).value()));
        assertEquals("[9007199254740993, 7]", JsonWriter.text(List.of(9_007_199_254_740_993L, 7)));
    }

    @Test
    void rejectsValuesWithoutJson() {
        for (Object value : List.of(Double.NaN, Double.POSITIVE_INFINITY, 1f, 'c')) {
            assertThrows(IllegalArgumentException.class, () -> JsonWriter.text(value));
        }
    }
}
