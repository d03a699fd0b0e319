package io.github.clnorm.tools.comparison;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * A node of a document that may have been edited by hand. Unexpected content is rejected, with its place in the
 * document.
 */
final class SavedNode {

    private static final int LONGEST_SHOWN = 40;
    // No measured value is near this.
    private static final double LEAST = 1e-9;
    private static final double MOST = 1e12;

    private final String source;
    private final String place;
    private final JsonNode node;

    /** The document itself, by its name. */
    SavedNode(String source, JsonNode document) {
        this(source, "", document);
    }

    private SavedNode(String source, String place, JsonNode node) {
        this.source = source;
        this.place = place;
        this.node = node;
    }

    /** A member that is required. */
    SavedNode get(String name) {
        if (!node.isObject()) {
            throw expected("an object");
        }
        return new SavedNode(source, place.isEmpty() ? name : place + "." + name, node.path(name));
    }

    /** A member that is optional. */
    Optional<SavedNode> find(String name) {
        SavedNode part = get(name);
        return part.node.isMissingNode() || part.node.isNull() ? Optional.empty() : Optional.of(part);
    }

    /** Whether a member exists; it may be null. */
    boolean has(String name) {
        return node.has(name);
    }

    String text() {
        if (!node.isTextual()) {
            throw expected("a text");
        }
        return clean(node.textValue());
    }

    /** The text in one line, without control characters and characters that change the direction of writing. */
    private static String clean(String text) {
        return text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Zl}\\p{Zp}]+", " ");
    }

    /** A text that is not blank. */
    String word() {
        if (text().isBlank()) {
            throw expected("a name");
        }
        return text().strip();
    }

    /** A text; empty if it is null or missing. */
    String text(String name) {
        return find(name).map(SavedNode::text).orElse("");
    }

    boolean bool() {
        if (!node.isBoolean()) {
            throw expected("true or false");
        }
        return node.booleanValue();
    }

    long whole(long least) {
        if (!node.canConvertToLong() || !node.isIntegralNumber() || node.longValue() < least) {
            throw expected("a whole number of at least " + least);
        }
        return node.longValue();
    }

    double positive() {
        double value = node.isNumber() ? node.doubleValue() : Double.NaN;
        if (!(value >= LEAST && value <= MOST)) {
            throw expected("a number from " + LEAST + " to " + MOST);
        }
        return value;
    }

    /** A number of at least 0; empty if it is null or missing. */
    OptionalDouble number(String name) {
        Optional<SavedNode> part = find(name);
        if (part.isEmpty()) {
            return OptionalDouble.empty();
        }
        JsonNode number = part.get().node;
        double value = number.isNumber() ? number.doubleValue() : Double.NaN;
        if (!(value >= 0 && value <= MOST)) {
            throw part.get().expected("a number from 0 to " + MOST + ", or null");
        }
        return OptionalDouble.of(value);
    }

    /** One of some words. */
    <T extends Enum<T>> T word(Class<T> words) {
        String text = text();
        return Arrays.stream(words.getEnumConstants())
                .filter(word -> word.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> expected(Arrays.stream(words.getEnumConstants())
                        .map(Enum::toString)
                        .collect(Collectors.joining(" or "))));
    }

    List<SavedNode> list() {
        if (!node.isArray()) {
            throw expected("a list");
        }
        List<SavedNode> list = new ArrayList<>();
        for (int i = 0; i < node.size(); i++) {
            list.add(new SavedNode(source, place + "[" + i + "]", node.get(i)));
        }
        return list;
    }

    /** Its value as text, of any type. */
    String shown() {
        if (node.isArray()) {
            return list().stream().map(SavedNode::shown).collect(Collectors.joining(", "));
        }
        return clean(node.isContainerNode() ? node.toString() : node.asText());
    }

    /** The names of its members. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    IllegalArgumentException expected(String what) {
        String given = node.isMissingNode() ? "nothing" : node.toString();
        String shown = given.length() > LONGEST_SHOWN ? given.substring(0, LONGEST_SHOWN) + "..." : given;
        return refused("expected " + what + ", got " + shown);
    }

    IllegalArgumentException refused(String why) {
        return new IllegalArgumentException(source + ": " + (place.isEmpty() ? "" : place + ": ") + why);
    }
}
