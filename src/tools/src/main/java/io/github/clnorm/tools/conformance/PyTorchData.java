package io.github.clnorm.tools.conformance;

import io.github.clnorm.internal.json.StrictJson;
import io.github.clnorm.tensorfile.TensorArchive;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** PyTorch's own cases with libtorch's results: {@code pytorch.json} and its tensors, both in the jar. */
final class PyTorchData {

    private final TensorArchive tensors = new TensorArchive("pytorch.safetensors", resource("pytorch.safetensors"));

    private static byte[] resource(String name) {
        try (InputStream in = PyTorchData.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("PyTorch's cases, " + name + ", are not in the jar");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Entry> cases() {
        StrictJson json = new StrictJson(resource("pytorch.json"));
        Map<?, ?> root = (Map<?, ?>) json.value();
        json.end();
        return entries(root.get("cases"));
    }

    private List<Entry> entries(Object list) {
        List<Entry> entries = new ArrayList<>();
        for (Object element : (List<?>) list) {
            entries.add(new Entry((Map<?, ?>) element));
        }
        return entries;
    }

    private HostTensor tensor(Object name) {
        TensorArchive.ArchivedTensor entry = tensors.tensor((String) name);
        return new HostTensor(entry.type(), entry.shape(), entry.values());
    }

    /** A case or a step of one, as members by name. */
    final class Entry {
        private final Map<?, ?> members;

        private Entry(Map<?, ?> members) {
            this.members = members;
        }

        boolean has(String member) {
            return members.get(member) != null;
        }

        String text(String member) {
            return (String) members.get(member);
        }

        boolean flag(String member) {
            return (Boolean) members.get(member);
        }

        double number(String member) {
            return (Double) members.get(member);
        }

        long[] numbers(String member) {
            return ((List<?>) members.get(member))
                    .stream().mapToLong(n -> ((Double) n).longValue()).toArray();
        }

        List<Entry> entries(String member) {
            return PyTorchData.this.entries(members.get(member));
        }

        /** The tensor that a member names. */
        HostTensor tensor(String member) {
            return PyTorchData.this.tensor(members.get(member));
        }

        /** The tensor of a role in a member such as {@code tensors}; null if there is none. */
        HostTensor tensor(String member, String role) {
            Object name = group(member).get(role);
            return name == null ? null : PyTorchData.this.tensor(name);
        }

        /** All tensors of such a member by role. Numbers among them are ignored. */
        Map<String, HostTensor> tensors(String member) {
            Map<String, HostTensor> byRole = new LinkedHashMap<>();
            group(member).forEach((role, name) -> {
                if (name instanceof String) {
                    byRole.put((String) role, PyTorchData.this.tensor(name));
                }
            });
            return byRole;
        }

        /** A number in such a member. */
        double number(String member, String role) {
            return (Double) group(member).get(role);
        }

        private Map<?, ?> group(String member) {
            Object group = members.get(member);
            return group == null ? Map.of() : (Map<?, ?>) group;
        }

        @Override
        public String toString() {
            return text("name");
        }
    }
}
