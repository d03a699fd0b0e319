package io.github.clnorm.bench.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;
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
        Properties properties = new Properties();
        try (var in = Versions.class.getResourceAsStream("/io/github/clnorm/version.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version");
    }
}
