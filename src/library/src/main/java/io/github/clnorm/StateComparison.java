package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.tensorfile.SafetensorsReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Compares the tensors of a file with those of layers. */
final class StateComparison {

    private StateComparison() {}

    /** Which tensors of the layers the file can fill, and all reasons why it cannot fill others. */
    static LoadReport of(SafetensorsReader file, NamedStates states) {
        List<String> loaded = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        Map<String, String> mismatched = new LinkedHashMap<>();
        for (String name : states.names()) {
            if (!file.names().contains(name)) {
                missing.add(name);
                continue;
            }
            Tensor tensor = states.tensors().get(name);
            String reason = tensor != null ? mismatch(file, name, tensor) : mismatchOfCount(file, name);
            if (reason == null) {
                loaded.add(name);
            } else {
                mismatched.put(name, reason);
            }
        }
        List<String> unexpected = file.names().stream()
                .filter(name -> !states.names().contains(name) && !states.ignores(name))
                .toList();
        return new LoadReport(loaded, missing, unexpected, mismatched);
    }

    /** The reason why a tensor of the file does not fit a layer's, or null. */
    private static String mismatch(SafetensorsReader file, String name, Tensor tensor) {
        if (!file.isFloat(name)) {
            return "holds " + file.dtype(name) + ", expected F16, BF16, F32 or F64";
        }
        long[] shape = file.shape(name);
        return Shapes.areSqueezedEqual(shape, tensor.sizes())
                ? null
                : "has shape " + Shapes.text(shape) + ", expected " + Shapes.text(tensor.sizes());
    }

    private static String mismatchOfCount(SafetensorsReader file, String name) {
        if (!file.isWholeNumber(name)) {
            return "holds " + file.dtype(name) + ", expected a whole number, such as I64";
        }
        String shape = Shapes.text(file.shape(name));
        if (!shape.equals("[]") && !shape.equals("[1]")) {
            return "has shape " + shape + ", expected []";
        }
        long count = file.number(name);
        return count >= 0 ? null : "is " + count + ", expected 0 or more";
    }
}
