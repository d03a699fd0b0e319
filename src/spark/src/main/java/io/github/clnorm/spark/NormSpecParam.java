package io.github.clnorm.spark;

import io.github.clnorm.NormSpec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.util.Base64;
import org.apache.spark.ml.param.Param;

/**
 * A parameter of a stage that is a spec. Stored as a JSON string: the spec as text for readers, a space, and the serialized
 * spec with its values in Base64. Nothing but a spec is deserialized.
 */
final class NormSpecParam extends Param<NormSpec> {
    private static final long serialVersionUID = 1;

    private static final ObjectInputFilter ONLY_SPECS = ObjectInputFilter.Config.createFilter(
            "io.github.clnorm.*;io.github.clnorm.type.*;java.lang.Enum;java.lang.Record;!*");

    NormSpecParam(String parent, String name, String doc) {
        super(parent, name, doc, NormSpec.class);
    }

    @Override
    public String jsonEncode(NormSpec spec) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(spec);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return '"' + spec.toString() + ' ' + Base64.getEncoder().encodeToString(bytes.toByteArray()) + '"';
    }

    @Override
    public NormSpec jsonDecode(String json) {
        // Not a slice of fixed ends: a damaged file may have anything here.
        String encoded = json.substring(json.lastIndexOf(' ') + 1).replace("\"", "");
        try (ObjectInputStream in = new ObjectInputStream(
                new ByteArrayInputStream(Base64.getDecoder().decode(encoded)))) {
            in.setObjectInputFilter(ONLY_SPECS);
            return (NormSpec) in.readObject();
        } catch (IOException | ClassNotFoundException | RuntimeException e) {
            throw new IllegalArgumentException("parameter " + name() + " is not a spec of this version of clnorm", e);
        }
    }
}
