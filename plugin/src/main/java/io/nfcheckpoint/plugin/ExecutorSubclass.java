// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import nextflow.executor.Executor;
import nextflow.processor.TaskRun;
import org.objectweb.asm.AnnotationVisitor;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Makes, for any executor class, a subclass that shows each task to a hook before its handler is created.
 *
 * <p>At that moment the task has its hash and its work directory, and nothing of it is written yet. Every script kind,
 * every retry and every child of a job array passes there, and no other place has all of this. The subclass is
 * generated because executors are many, some of them in other plugins, and Nextflow has no extension point here.
 */
final class ExecutorSubclass {

    private static final String HOOK_FIELD = "nfCheckpointHook";
    private static final String METHOD = "createTaskHandler";
    private static final Map<Class<?>, Class<? extends Executor>> MADE = new ConcurrentHashMap<>();

    private ExecutorSubclass() {}

    /**
     * The subclass of {@code executor}; always the same for the same class.
     *
     * @throws IllegalArgumentException when it has no method to intercept, or cannot have subclasses
     */
    static Class<? extends Executor> of(Class<? extends Executor> executor) {
        return MADE.computeIfAbsent(executor, key -> make(executor));
    }

    /** @param executor an instance of a class that {@link #of} returned */
    static void setHook(Executor executor, Consumer<TaskRun> hook) {
        try {
            executor.getClass().getField(HOOK_FIELD).set(executor, hook);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("no hook in " + executor.getClass(), e);
        }
    }

    private static Class<? extends Executor> make(Class<? extends Executor> executor) {
        if (Modifier.isFinal(executor.getModifiers()) || !Modifier.isPublic(executor.getModifiers())) {
            throw new IllegalArgumentException(executor + " cannot have subclasses");
        }
        String name = "io.nfcheckpoint.plugin.generated." + executor.getName();
        byte[] bytes = write(name.replace('.', '/'), executor);
        return new Loader(executor.getClassLoader()).define(name, bytes).asSubclass(Executor.class);
    }

    private static byte[] write(String name, Class<?> parent) {
        var writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        writer.visit(
                Opcodes.V17,
                Opcodes.ACC_PUBLIC | Opcodes.ACC_FINAL | Opcodes.ACC_SUPER,
                name,
                null,
                Type.getInternalName(parent),
                null);
        copyAnnotations(parent, writer);
        writer.visitField(Opcodes.ACC_PUBLIC, HOOK_FIELD, Type.getDescriptor(Consumer.class), null, null)
                .visitEnd();
        writeConstructor(writer, parent);
        writeMethod(writer, name, parent);
        writer.visitEnd();
        return writer.toByteArray();
    }

    /** Nextflow asks executor classes for annotations that are not inherited. */
    private static void copyAnnotations(Class<?> parent, ClassWriter writer) {
        String resource = parent.getName().replace('.', '/') + ".class";
        try (InputStream in = parent.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                return;
            }
            var copier = new ClassVisitor(Opcodes.ASM9) {
                @Override
                public AnnotationVisitor visitAnnotation(String descriptor, boolean visible) {
                    return writer.visitAnnotation(descriptor, visible);
                }
            };
            new ClassReader(in).accept(copier, ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot read " + parent, e);
        }
    }

    private static void writeConstructor(ClassWriter writer, Class<?> parent) {
        MethodVisitor code = writer.visitMethod(Opcodes.ACC_PUBLIC, "<init>", "()V", null, null);
        code.visitCode();
        code.visitVarInsn(Opcodes.ALOAD, 0);
        code.visitMethodInsn(Opcodes.INVOKESPECIAL, Type.getInternalName(parent), "<init>", "()V", false);
        code.visitInsn(Opcodes.RETURN);
        code.visitMaxs(0, 0);
        code.visitEnd();
    }

    /** {@code T createTaskHandler(TaskRun task) { hook.accept(task); return super.createTaskHandler(task); }} */
    private static void writeMethod(ClassWriter writer, String name, Class<?> parent) {
        String descriptor = Type.getMethodDescriptor(intercepted(parent));
        MethodVisitor code = writer.visitMethod(Opcodes.ACC_PUBLIC, METHOD, descriptor, null, null);
        code.visitCode();
        code.visitVarInsn(Opcodes.ALOAD, 0);
        code.visitFieldInsn(Opcodes.GETFIELD, name, HOOK_FIELD, Type.getDescriptor(Consumer.class));
        code.visitVarInsn(Opcodes.ALOAD, 1);
        code.visitMethodInsn(
                Opcodes.INVOKEINTERFACE, Type.getInternalName(Consumer.class), "accept", "(Ljava/lang/Object;)V", true);
        code.visitVarInsn(Opcodes.ALOAD, 0);
        code.visitVarInsn(Opcodes.ALOAD, 1);
        code.visitMethodInsn(Opcodes.INVOKESPECIAL, Type.getInternalName(parent), METHOD, descriptor, false);
        code.visitInsn(Opcodes.ARETURN);
        code.visitMaxs(0, 0);
        code.visitEnd();
    }

    /** The method that bridges lead to, so that a call through a narrower return type is seen as well, and once. */
    private static Method intercepted(Class<?> executor) {
        for (Class<?> type = executor; type != null; type = type.getSuperclass()) {
            for (Method method : type.getDeclaredMethods()) {
                if (method.getName().equals(METHOD)
                        && !method.isBridge()
                        && !Modifier.isAbstract(method.getModifiers())
                        && method.getParameterCount() == 1
                        && method.getParameterTypes()[0] == TaskRun.class) {
                    return method;
                }
            }
        }
        throw new IllegalArgumentException(executor + " has no method " + METHOD);
    }

    private static final class Loader extends ClassLoader {
        Loader(ClassLoader parent) {
            super(parent);
        }

        Class<?> define(String name, byte[] bytes) {
            return defineClass(name, bytes, 0, bytes.length);
        }
    }
}
