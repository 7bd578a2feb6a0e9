// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.nfcheckpoint", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule apiKnowsNoImplementation = classes()
            .that()
            .resideInAPackage("io.nfcheckpoint.routes")
            .should()
            .onlyDependOnClassesThat(com.tngtech.archunit.base.DescribedPredicate.describe(
                    "are the API, the binding, the JDK or what starts the routes",
                    type -> type.getPackageName().equals("io.nfcheckpoint.routes")
                            || type.getPackageName().equals("io.nfcheckpoint.natives")
                            || type.getPackageName().startsWith("java.")
                            || type.getSimpleName().equals("CamelCheckpointRoutes")));

    @ArchTest
    static final ArchRule implementationIsHidden = classes()
            .that()
            .resideInAPackage("io.nfcheckpoint.routes.internal")
            .and()
            .doNotHaveSimpleName("CamelCheckpointRoutes")
            .should()
            .notBePublic();

    @ArchTest
    static final ArchRule noEngine = noClasses()
            .that()
            .resideInAPackage("io.nfcheckpoint.routes..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("nextflow..", "groovy..", "org.pf4j..", "io.nfcheckpoint.plugin..");

    @ArchTest
    static final ArchRule onlyTheBindingTouchesNativeCode = noClasses()
            .that()
            .resideOutsideOfPackage("io.nfcheckpoint.natives")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.sun.jna..");

    @ArchTest
    static final ArchRule decidingIsPure = noClasses()
            .that()
            .haveSimpleNameEndingWith("Decider")
            .or()
            .haveSimpleNameEndingWith("Classifier")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.camel..", "java.nio.file..", "java.io..", "org.slf4j..")
            .orShould()
            .dependOnClassesThat()
            .haveSimpleName("Checkpointer");
}
