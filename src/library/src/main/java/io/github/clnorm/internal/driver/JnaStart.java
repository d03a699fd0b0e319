package io.github.clnorm.internal.driver;

import io.github.clnorm.internal.cache.Ownership;
import io.github.clnorm.internal.cache.PrivateFolder;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Starts JNA once, with its native library in a folder that no other user can write to. By default JNA extracts it to
 * the user's cache folder without checking its owner or, for a user without a home, to a guessable folder in the shared
 * temporary folder. All uses of JNA start here. Thread-safe.
 */
final class JnaStart {

    // The folder to which JNA extracts its native library.
    private static final String FOLDER = "jna.tmpdir";

    private static final String PROBLEM = start();

    private JnaStart() {}

    /** Returns why JNA cannot be used; empty if it can. */
    static Optional<String> problem() {
        return Optional.ofNullable(PROBLEM);
    }

    private static String start() {
        String named = System.getProperty(FOLDER);
        if (named != null) {
            Optional<String> untrusted = problemOf(named);
            return untrusted.isPresent()
                    ? "JNA's native library is not extracted to the folder of " + FOLDER + ": " + untrusted.get()
                    : SignalHandlerWatch.Start.problem();
        }
        String[] problem = new String[1];
        synchronized (ProcessProperty.lock()) {
            try (PrivateFolder folder = PrivateFolder.create()) {
                ProcessProperty.during(
                        FOLDER, folder.path().toString(), () -> problem[0] = SignalHandlerWatch.Start.problem());
            } catch (IOException e) {
                return "JNA's native library cannot be extracted: " + e.getMessage();
            }
        }
        return problem[0];
    }

    private static Optional<String> problemOf(String folder) {
        try {
            return Ownership.problemOfFolder(Path.of(folder));
        } catch (IOException | InvalidPathException e) {
            return Optional.of(folder + ": " + e.getMessage());
        }
    }
}
