package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.terminal.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.bytedeco.javacpp.Loader;

/** Versions of libraries, from the metadata of their jars. */
final class Versions {

    private Versions() {}

    /** The version of a library with JavaCPP bindings: the library's version, a dash and JavaCPP's. */
    static String ofBytedeco(String artifact) {
        try {
            return Loader.getVersion("org.bytedeco", artifact);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String ofClnorm() {
        try {
            return Version.number();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
