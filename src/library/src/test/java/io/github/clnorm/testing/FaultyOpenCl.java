package io.github.clnorm.testing;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.opencl.OpenCl;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;

/** An OpenCL port that fails on demand and counts calls. */
public final class FaultyOpenCl {

    private final OpenCl real;
    private final Map<String, Integer> calls = new HashMap<>();
    private String failing;
    private int failingCall;

    public FaultyOpenCl(OpenCl real) {
        this.real = real;
    }

    /** The port for a session. */
    public OpenCl port() {
        return (OpenCl) Proxy.newProxyInstance(
                OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                    String key = key(method.getName(), arguments);
                    int number = calls.merge(key, 1, Integer::sum);
                    if (key.equals(failing) && number == failingCall) {
                        throw new ClException(-5, method.getName(), "a device that fails on demand");
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
        calls.clear();
        failing = call;
        failingCall = n;
    }

    public void heal() {
        failing = null;
    }

    /** The number of calls since the last {@link #fail}. */
    public int count(String call) {
        return calls.getOrDefault(call, 0);
    }

    private static String key(String method, Object[] arguments) {
        return method.equals("release") ? "release " + arguments[0].getClass().getSimpleName() : method;
    }
}
