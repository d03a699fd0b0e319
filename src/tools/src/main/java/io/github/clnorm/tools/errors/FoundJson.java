package io.github.clnorm.tools.errors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.NormSpec;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Sets with large errors as JSON, a line for each. Values are hexadecimal, and followed by *n if n successive ones are
 * equal.
 */
final class FoundJson {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private FoundJson() {}

    static String text(List<Found> all) throws IOException {
        StringBuilder text = new StringBuilder("[");
        String separator = "\n";
        for (Found found : all) {
            text.append(separator).append(MAPPER.writeValueAsString(node(found)));
            separator = ",\n";
        }
        return text.append("\n]\n").toString();
    }

    private static ObjectNode node(Found found) {
        Scenario scenario = found.scenario();
        ObjectNode node = MAPPER.createObjectNode()
                .put("error", String.format(Locale.ROOT, "%.3e", found.error().promised()))
                .put("origin", found.origin())
                .put("operation", scenario.operation().toString())
                .put("layout", scenario.layout().toString())
                .put("groups", scenario.groups())
                .put("eps", scenario.eps())
                .put("activation", scenario.activation().toString())
                .put("residual", scenario.residual())
                .put("gamma", scenario.gamma())
                .put("beta", scenario.beta())
                .put("parameters", scenario.seed());
        ArrayNode shape = node.putArray("shape");
        for (long size : scenario.shape()) {
            shape.add(size);
        }
        return node.put("values", values(found.values()));
    }

    private static String values(float... values) {
        StringBuilder text = new StringBuilder();
        int from = 0;
        while (from < values.length) {
            int bits = Float.floatToRawIntBits(values[from]);
            int to = from + 1;
            while (to < values.length && Float.floatToRawIntBits(values[to]) == bits) {
                to++;
            }
            text.append(from == 0 ? "" : " ").append(Float.toHexString(values[from]));
            text.append(to == from + 1 ? "" : "*" + (to - from));
            from = to;
        }
        return text.toString();
    }

    static List<Found> parse(String text) throws IOException {
        List<Found> all = new ArrayList<>();
        for (JsonNode node : MAPPER.readTree(text)) {
            all.add(found(node));
        }
        return all;
    }

    private static Found found(JsonNode node) {
        List<Long> sizes = new ArrayList<>();
        node.get("shape").forEach(size -> sizes.add(size.asLong()));
        Scenario scenario = new Scenario(
                NormSpec.Kind.parse(node.get("operation").asText()),
                Layout.valueOf(node.get("layout").asText().toUpperCase(Locale.ROOT)),
                node.get("groups").asInt(),
                node.get("eps").asDouble(),
                Activation.valueOf(node.get("activation").asText().toUpperCase(Locale.ROOT)),
                node.get("residual").asBoolean(),
                node.get("gamma").asDouble(),
                node.get("beta").asDouble(),
                node.get("parameters").asLong(),
                sizes.stream().mapToLong(Long::longValue).toArray());
        double error = Double.parseDouble(node.get("error").asText());
        return new Found(
                new SetError(error, 0, 0, true),
                scenario,
                node.get("origin").asText(),
                floats(node.get("values").asText()));
    }

    private static float[] floats(String text) {
        List<Float> values = new ArrayList<>();
        for (String word : text.split(" ")) {
            int times = word.indexOf('*');
            float value = Float.parseFloat(times < 0 ? word : word.substring(0, times));
            for (int n = times < 0 ? 1 : Integer.parseInt(word.substring(times + 1)); n > 0; n--) {
                values.add(value);
            }
        }
        float[] result = new float[values.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = values.get(i);
        }
        return result;
    }
}
