package io.github.clnorm.tools.survey;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.internal.runtime.KernelSource;
import io.github.clnorm.tools.terminal.JsonDocument;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The document of a survey: the stages with their ends, and a section for each result. {@code docs/survey.md} describes
 * it. Not thread-safe.
 */
final class SurveyDocument {

    /** The document's format. It changes if a reader of the old format would misread the new one. */
    static final int FORMAT = 1;

    /** The document's kind. */
    static final String KIND = "survey";

    private static final List<String> SECTIONS =
            List.of("device", "doctor", "verify", "tune", "tuning", "bench", "pytorch", "ratios", "predictions");

    private final JsonDocument document = new JsonDocument();
    private final ObjectNode root = document.root();
    private final ArrayNode stages;
    private final PrivateText privacy;

    /**
     * An unfinished document.
     *
     * @param minutes the time limit
     * @param privacy removes names and folders from what is written
     */
    SurveyDocument(double minutes, PrivateText privacy) throws IOException {
        this.privacy = privacy;
        root.put("format", FORMAT).put("kind", KIND);
        document.version();
        root.put("kernels", KernelSource.hash());
        document.date();
        root.put("minutes", minutes).put("complete", false);
        root.putArray("missing").add("the survey was ended before it had finished");
        stages = root.putArray("stages");
        SECTIONS.forEach(root::putNull);
    }

    /** How a stage ended, in the words of the document. */
    enum Ending {
        /** It did all that it should. */
        OK("ok"),
        /** The time was over, or the user ended the survey. */
        CUT_SHORT("cut short"),
        /** It is not possible on this machine. */
        SKIPPED("skipped"),
        /** It failed. */
        ERROR("error");

        private final String word;

        Ending(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /** Adds the end of a stage. */
    void stage(String name, Ending ending, double seconds, String reason) {
        stages.addObject()
                .put("name", name)
                .put("status", ending.toString())
                .put("seconds", Math.round(seconds * 10) / 10.0)
                .put("reason", reason);
    }

    /** Replaces a section. */
    void put(String section, JsonNode content) {
        if (!SECTIONS.contains(section)) {
            throw new IllegalArgumentException(section + " is no section of a survey");
        }
        root.set(section, content);
    }

    /** Marks the document as finished. It is complete if every stage did all that it should. */
    void finish() {
        ArrayNode missing = root.putArray("missing");
        missing(root).forEach(missing::add);
        root.put("complete", missing.isEmpty());
    }

    /** Ends a document that was kept, in a stage that does not return. */
    static void expire(ObjectNode kept, String stage) {
        ArrayNode missing = kept.putArray("missing");
        missing(kept).forEach(missing::add);
        missing.add(stage + ": a call of the driver did not return within the time; what was kept before is here");
    }

    /** What is not in a document, with the reason: a sentence for each stage. */
    private static List<String> missing(ObjectNode document) {
        List<String> sentences = new ArrayList<>();
        for (JsonNode stage : document.get("stages")) {
            if (!stage.get("status").asText().equals(Ending.OK.toString())) {
                sentences.add(
                        stage.get("name").asText() + ": " + stage.get("reason").asText());
            }
        }
        return sentences;
    }

    /** A section; null if there is none. */
    JsonNode section(String name) {
        JsonNode section = root.get(name);
        return section == null || section.isNull() ? null : section;
    }

    /** A copy to write, without names and folders. */
    ObjectNode copy() {
        ObjectNode copy = root.deepCopy();
        privacy.clean(copy);
        return copy;
    }

    /** An empty object for a section. */
    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** The text of a document on few lines: one for each member of the root. */
    static String text(ObjectNode document) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        StringBuilder text = new StringBuilder("{");
        var members = document.fields();
        while (members.hasNext()) {
            var member = members.next();
            text.append(text.length() > 1 ? ",\n" : "\n")
                    .append(mapper.writeValueAsString(member.getKey()))
                    .append(": ")
                    .append(mapper.writeValueAsString(member.getValue()));
        }
        return text.append("\n}\n").toString();
    }
}
