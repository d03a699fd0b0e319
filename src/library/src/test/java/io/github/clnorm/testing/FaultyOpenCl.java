package io.github.clnorm.testing;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.opencl.OpenCl;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An OpenCL port that fails on demand and counts calls. */
public final class FaultyOpenCl {

    private static final int MEM_OBJECT_ALLOCATION_FAILURE = -4;
    private static final int OUT_OF_RESOURCES = -5;

    private final OpenCl real;
    private final Map<String, Integer> calls = new HashMap<>();
    private String failing;
    private int failingCall;
    private int lastFailingCall;
    private int code;
    // In place of a failure, or null.
    private Runnable action;

    public FaultyOpenCl(OpenCl real) {
        this.real = real;
    }

    /** The port for a session. */
    public OpenCl port() {
        return (OpenCl) Proxy.newProxyInstance(
                OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                    String key = key(method.getName(), arguments);
                    int number = calls.merge(key, 1, Integer::sum);
                    if (key.equals(failing) && number >= failingCall && number <= lastFailingCall) {
                        if (action == null) {
                            throw new ClException(code, method.getName(), "a device that fails on demand");
                        }
                        action.run();
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /** Makes the n-th call from now fail. The name of a release includes the type: {@code release Memory}. */
    public void fail(String call, int n) {
        fail(call, n, n, OUT_OF_RESOURCES);
    }

    /** Runs something before the n-th call from now. */
    public void before(String call, int n, Runnable run) {
        fail(call, n);
        action = run;
    }

    /** Makes the n-th call from now and all later ones fail. */
    public void failFrom(String call, int n) {
        fail(call, n, Integer.MAX_VALUE, OUT_OF_RESOURCES);
    }

    /** Makes the first calls from now fail for want of memory. */
    public void lackMemory(String call, int times) {
        fail(call, 1, times, MEM_OBJECT_ALLOCATION_FAILURE);
    }

    private void fail(String call, int first, int last, int errorCode) {
        calls.clear();
        failing = call;
        failingCall = first;
        lastFailingCall = last;
        code = errorCode;
        action = null;
    }

    public void heal() {
        failing = null;
    }

    /** The number of calls since the last {@link #fail}. */
    public int count(String call) {
        return calls.getOrDefault(call, 0);
    }

    /** The names of the calls since the last {@link #fail} that may fail. */
    public List<String> made() {
        return calls.keySet().stream()
                .filter(call -> !call.equals("context"))
                .sorted()
                .toList();
    }

    private static String key(String method, Object[] arguments) {
        return method.equals("release") ? "release " + arguments[0].getClass().getSimpleName() : method;
    }
}
