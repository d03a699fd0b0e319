package io.github.clnorm.internal.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values of any kind; what a header of a .safetensors file needs is tested with these files. */
class JsonReaderTest {

    private static Object value(String text) {
        JsonReader reader = new JsonReader(text.getBytes(StandardCharsets.UTF_8));
        Object value = reader.value();
        reader.end();
        return value;
    }

    @Test
    void valuesOfEveryKind() {
        assertEquals("a\nü", value("\"a\\n\u00fc\""));
        assertEquals(-1.5e-3, value("-1.5e-3"));
        assertEquals(0.0, value("0"));
        assertEquals(true, value("true"));
        assertEquals(false, value("false"));
        assertNull(value("null"));
        assertEquals(List.of(1.0, "x", List.of()), value(" [1, \"x\", [ ]] "));
        Map<?, ?> object = (Map<?, ?>) value("{\"b\": {\"c\": [2]}, \"a\": null}");
        assertEquals(Map.of("c", List.of(2.0)), object.get("b"));
        assertTrue(object.containsKey("a"));
        assertEquals(List.of("b", "a"), List.copyOf(object.keySet()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nul",
                "truex",
                "01",
                "1.",
                "+1",
                "NaN",
                "[1,]",
                "{\"a\" 1}",
                "{\"a\":1,\"a\":2}",
                "1 2",
                "'a'"
            })
    void nothingThatIsOnlyNearlyJson(String text) {
        assertThrows(JsonException.class, () -> value(text));
    }
}
