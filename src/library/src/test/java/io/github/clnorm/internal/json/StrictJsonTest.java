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

/** Values of any kind. SafetensorsTest covers the rest. */
class StrictJsonTest {

    private static Object value(String text) {
        StrictJson reader = new StrictJson(text.getBytes(StandardCharsets.UTF_8));
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
                "Infinity",
                "1e999",
                "-1e999",
                "/**/ 1",
                "# x\n1",
                "1 ]",
                "{1:2}",
                "\uFEFF1",
                "\"\t\"",
                "\"\\ud800\"",
                "[1,]",
                "{\"a\" 1}",
                "{\"a\":1,\"a\":2}",
                "1 2",
                "'a'"
            })
    void rejectsWhatIsAlmostJson(String text) {
        assertThrows(JsonException.class, () -> value(text));
    }

    @Test
    void rejectsTheSameKeyAtAnyDepth() {
        for (String text : List.of("{'a':1,'a':1}", "[{'b':{'a':1,'c':[{}],'\\u0061':1}}]")) {
            assertThrows(JsonException.class, () -> value(text.replace('\'', '"')), text);
        }
        assertEquals(Map.of("a", Map.of("a", 1.0)), value("{\"a\":{\"a\":1}}"));
    }

    @Test
    void readsThirtyTwoLevels() {
        value("[".repeat(32) + "]".repeat(32));
        assertThrows(JsonException.class, () -> value("[".repeat(33) + "]".repeat(33)));
    }

    @Test
    void positionsAreInBytes() {
        StrictJson reader =
                new StrictJson("{\"ü\uD83D\uDE00\": [1, \"é\"] , \"b\": -1.50 }".getBytes(StandardCharsets.UTF_8));
        reader.beginObject();
        assertEquals("ü\uD83D\uDE00", reader.nextKey());
        int start = reader.position();
        assertEquals(11, start);
        reader.skip();
        assertEquals("[1, \"é\"]", reader.textSince(start));
        assertEquals("b", reader.nextKey());
        int second = reader.position();
        reader.skip();
        assertEquals("-1.50", reader.textSince(second));
        assertEquals("[1, \"é\"] , \"b\": -1.50", reader.textSince(start));
        assertNull(reader.nextKey());
        reader.end();
    }

    @Test
    void stopsAtItsLimitOfMemory() {
        StringBuilder text = new StringBuilder("{\"\":0");
        for (int i = 0; i < 1000; i++) {
            text.append(",\"").append(i).append("\":0");
        }
        byte[] bytes = text.append('}').toString().getBytes(StandardCharsets.UTF_8);
        new StrictJson(bytes, 1 << 20).skip();
        StrictJson reader = new StrictJson(bytes, 100_000);
        assertThrows(StrictJson.TooLargeException.class, reader::skip);
        byte[] string = ("\"" + "x".repeat(100_000) + "\"").getBytes(StandardCharsets.UTF_8);
        assertThrows(StrictJson.TooLargeException.class, new StrictJson(string, 100_000)::string);
        assertEquals(100_000, new StrictJson(string, 1 << 20).string().length());
    }
}
