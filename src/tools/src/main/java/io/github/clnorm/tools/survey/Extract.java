package io.github.clnorm.tools.survey;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.clnorm.internal.tune.TuningDatabase;
import io.github.clnorm.tools.comparison.SavedBench;
import io.github.clnorm.tools.comparison.SavedDocument;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.OutputFile;
import io.github.clnorm.tools.terminal.OutputFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The parts of a survey's file as the files that other commands read and write. */
final class Extract {

    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Path source;
    private final Path folder;

    Extract(String source, String folder) {
        this.source = OutputFile.path("--extract", source);
        this.folder = folder == null ? Path.of("") : OutputFile.path("--output", folder);
        if (!Files.isDirectory(this.folder)) {
            throw new IllegalArgumentException("--output: " + folder + ": no such folder");
        }
    }

    /** Writes the files: either all or none. Prints their names. */
    int run(PrintWriter out) throws IOException {
        JsonNode survey = SavedDocument.read(source);
        if (!survey.path("kind").asText().equals(SurveyDocument.KIND)) {
            throw new IllegalArgumentException(source + ": expected a file of clnorm survey");
        }
        String stem = source.getFileName().toString().replaceFirst("\\.json(\\.gz)?$", "");
        JsonNode bench = survey.path("bench");
        JsonNode tuning = survey.path("tuning");
        if (!bench.isObject() && !tuning.isObject()) {
            throw new IllegalArgumentException(source + ": the survey has no measurements and no tuned plans");
        }
        try (OutputFiles files = new OutputFiles()) {
            if (bench.isObject()) {
                // Checks it before it is written.
                SavedBench.of(bench);
                write(files, folder.resolve(stem + "-bench.json"), MAPPER.writeValueAsString(bench) + "\n", out);
            }
            if (tuning.isObject()) {
                write(files, folder.resolve(stem + "-tuning.json"), checked(tuning), out);
            }
            files.commit();
        }
        out.flush();
        return ExitCode.DONE;
    }

    private static void write(OutputFiles files, Path target, String text, PrintWriter out) throws IOException {
        files.open("--output", target.toString()).write(text);
        out.println(target);
    }

    /** The tuned plans as a database writes them, with one line for each. */
    private String checked(JsonNode tuning) throws IOException {
        Path given = TemporaryFiles.file(".json");
        try (OwnDatabase own = new OwnDatabase()) {
            Files.writeString(given, MAPPER.writeValueAsString(tuning));
            TuningDatabase database = own.database();
            database.importFrom(given);
            return new String(database.exported().text(), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(source + ": its tuned plans cannot be read: " + e.getMessage(), e);
        } finally {
            Files.delete(given);
        }
    }
}
