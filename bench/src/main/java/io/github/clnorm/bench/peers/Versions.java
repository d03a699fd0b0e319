package io.github.clnorm.bench.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;
import org.bytedeco.javacpp.Loader;

/** Of libraries, from what their jars say. */
final class Versions {

    private Versions() {}

    /** Of a library that comes with bindings of JavaCPP: its own version, a dash and that of JavaCPP. */
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
