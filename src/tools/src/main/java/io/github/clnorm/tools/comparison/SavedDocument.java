package io.github.clnorm.tools.comparison;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayInputStream;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** Reads a JSON document of this program, plain or compressed by gzip. It may come from anyone. */
public final class SavedDocument {

    // All suites on a dozen devices are 3 MB.
    private static final int MOST_BYTES = 64 << 20;
    private static final int GZIP_FIRST = 0x1f;
    private static final int GZIP_SECOND = 0x8b;

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private SavedDocument() {}

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException if it is not one JSON document, or is too large
     */
    public static JsonNode read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IllegalArgumentException(file + ": is a directory, expected a file of clnorm bench --json");
        }
        return parse(file.toString(), content(file));
    }

    /**
     * Reads a document that is not compressed.
     *
     * @param source names it in messages
     * @throws IllegalArgumentException if it is not one JSON document
     */
    static JsonNode parse(String source, byte[] content) throws IOException {
        if (content.length == 0) {
            throw new IllegalArgumentException(source + ": no document of clnorm bench --json: it is empty");
        }
        try {
            return MAPPER.readTree(content);
        } catch (JsonProcessingException e) {
            JsonLocation at = e.getLocation();
            throw new IllegalArgumentException(
                    source + ": no whole JSON document"
                            + (at == null ? "" : ": line " + at.getLineNr() + ", column " + at.getColumnNr()),
                    e);
        } catch (CharConversionException e) {
            throw new IllegalArgumentException(source + ": no JSON document: it is not UTF-8", e);
        }
    }

    private static byte[] content(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = bounded(file, in);
            if (content.length < 2 || (content[0] & 0xff) != GZIP_FIRST || (content[1] & 0xff) != GZIP_SECOND) {
                return content;
            }
            try (InputStream plain = new GZIPInputStream(new ByteArrayInputStream(content))) {
                return bounded(file, plain);
            }
        } catch (IOException e) {
            throw new IllegalArgumentException(file + ": " + reason(e), e);
        }
    }

    private static byte[] bounded(Path file, InputStream in) throws IOException {
        byte[] content = in.readNBytes(MOST_BYTES + 1);
        if (content.length > MOST_BYTES) {
            throw new IllegalArgumentException(
                    file + ": too large for a file of clnorm bench --json: more than " + (MOST_BYTES >> 20) + " MiB");
        }
        return content;
    }

    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such file";
        }
        return e instanceof AccessDeniedException ? "permission denied" : "cannot be read: " + e.getMessage();
    }
}
