package io.github.clnorm.tools.survey;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Removes what identifies a person or a machine from a document that people send: folders, the user's name and home, and
 * the host's name. Of a path only the name of a driver's file remains, such as {@code libfoo.so.1}. Folders are removed
 * from all texts; names only from sentences, because a user may have the name of a device or a type.
 */
final class PrivateText {

    /** What replaces a folder. */
    static final String FOLDER = "(folder)";

    private static final String NAME = "(name)";
    // A single letter occurs in ordinary sentences.
    private static final int SHORTEST_NAME = 2;
    // Members whose values are sentences of drivers, of this program or of Python.
    private static final Set<String> SENTENCES =
            Set.of("reason", "problem", "detail", "remedy", "subject", "what", "missing");

    private final PrivateFolders folders;
    private final List<String> names;

    /**
     * What to remove.
     *
     * @param folders known paths: removed even if they have spaces or are relative
     * @param names of the user and the host
     */
    PrivateText(PrivateFolders folders, List<String> names) {
        this.folders = folders;
        this.names = names.stream()
                .filter(name -> name != null && name.length() >= SHORTEST_NAME)
                .toList();
    }

    /** The names of this process's user and machine. */
    static PrivateText ofThisMachine(Map<String, String> environment) {
        return new PrivateText(
                PrivateFolders.ofProcess(environment, System::getProperty),
                List.of(
                        System.getProperty("user.name", ""),
                        environment.getOrDefault("USER", ""),
                        environment.getOrDefault("HOSTNAME", ""),
                        environment.getOrDefault("COMPUTERNAME", ""),
                        HostName.ofThisMachine()));
    }

    /** Removes it from all texts of a document, in place. */
    void clean(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.fields()
                    .forEachRemaining(
                            member -> member.setValue(cleaned(member.getValue(), SENTENCES.contains(member.getKey()))));
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, cleaned(array.get(i), false));
            }
        }
    }

    private JsonNode cleaned(JsonNode node, boolean sentence) {
        if (node instanceof TextNode text) {
            return TextNode.valueOf(sentence ? ofSentence(text.asText()) : ofPaths(text.asText()));
        }
        if (sentence && node instanceof ArrayNode sentences) {
            for (int i = 0; i < sentences.size(); i++) {
                sentences.set(i, cleaned(sentences.get(i), true));
            }
            return sentences;
        }
        clean(node);
        return node;
    }

    /** A sentence without paths and names. */
    String ofSentence(String text) {
        String cleaned = folders.removeNames(ofPaths(text));
        for (String name : names) {
            cleaned = Pattern.compile("(?<![\\w])" + Pattern.quote(name) + "(?![\\w])", Pattern.CASE_INSENSITIVE)
                    .matcher(cleaned)
                    .replaceAll(NAME);
        }
        return cleaned;
    }

    private String ofPaths(String text) {
        // Most texts of a document have no separator.
        return text.indexOf('/') < 0 && text.indexOf('\\') < 0 ? text : PathsInText.remove(folders.simplify(text));
    }
}
