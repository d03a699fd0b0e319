package io.github.clnorm.tools.survey;

import io.github.clnorm.internal.tune.TuningDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A tuning database in a temporary folder: earlier results of the user must not decide what a survey measures. */
final class OwnDatabase implements AutoCloseable {

    private final Path folder;
    private final TuningDatabase database;

    OwnDatabase() throws IOException {
        folder = TemporaryFiles.folder();
        database = TuningDatabase.at(folder.resolve("tuning.json"));
    }

    TuningDatabase database() {
        return database;
    }

    /** Adds its entries to the user's database. */
    void storeForUser() throws IOException {
        if (Files.exists(database.file())) {
            TuningDatabase.ofUser().importFrom(database.file());
        }
    }

    @Override
    public void close() throws IOException {
        TemporaryFiles.delete(folder);
    }
}
