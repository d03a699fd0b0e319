package io.github.clnorm.tools.terminal;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** A JSON document that a command writes. Members are written in the order in which they were put. */
public final class JsonDocument {

    private final ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private final ObjectNode root = mapper.createObjectNode();

    /** The document's object. */
    public ObjectNode root() {
        return root;
    }

    /** Adds the version of clnorm. */
    public JsonDocument version() throws IOException {
        root.put("clnorm", Version.number());
        return this;
    }

    /** Adds the date in UTC, to the second. */
    public JsonDocument date() {
        root.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        return this;
    }

    /** Adds a number, or null if it is infinite or NaN, which JSON has no numbers for. */
    public static void number(ObjectNode node, String name, double value) {
        if (Double.isFinite(value)) {
            node.put(name, value);
        } else {
            node.putNull(name);
        }
    }

    /** The text, without a line break at its end. */
    public String text() throws IOException {
        return mapper.writeValueAsString(root);
    }
}
