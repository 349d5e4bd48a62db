package dev.tandem.cli;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Imports point one way: cli → trainer → core, cli → models → core, cli → onnx → core, and each backend → core. Modules are told apart by where
 * their classes lie, so that a new package needs no line here.
 */
@AnalyzeClasses(packages = "dev.tandem", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseRulesTest {
    @ArchTest
    static final ArchRule coreKnowsNoOtherModule = noClasses()
            .that(areOf("core"))
            .should()
            .dependOnClassesThat(areOf("cpu-backend", "cuda-backend", "models", "onnx", "trainer", "cli"));

    @ArchTest
    static final ArchRule modelsKnowCoreOnly = noClasses()
            .that(areOf("models"))
            .should()
            .dependOnClassesThat(areOf("cpu-backend", "cuda-backend", "onnx", "trainer", "cli"));

    @ArchTest
    static final ArchRule trainerKnowsCoreOnly = noClasses()
            .that(areOf("trainer"))
            .should()
            .dependOnClassesThat(areOf("cpu-backend", "cuda-backend", "models", "onnx", "cli"));

    @ArchTest
    static final ArchRule onnxKnowsCoreOnly = noClasses()
            .that(areOf("onnx"))
            .should()
            .dependOnClassesThat(areOf("cpu-backend", "cuda-backend", "models", "trainer", "cli"));

    @ArchTest
    static final ArchRule onlyOnnxKnowsProtobuf = noClasses()
            .that(areNotOf("onnx"))
            .should()
            .dependOnClassesThat(resideInAPackage("com.google.protobuf.."))
            .orShould()
            .dependOnClassesThat(resideInAPackage("ai.onnx.."));

    @ArchTest
    static final ArchRule cpuBackendKnowsCoreOnly = noClasses()
            .that(areOf("cpu-backend"))
            .should()
            .dependOnClassesThat(areOf("cuda-backend", "models", "onnx", "trainer", "cli"));

    @ArchTest
    static final ArchRule cudaBackendKnowsCoreOnly = noClasses()
            .that(areOf("cuda-backend"))
            .should()
            .dependOnClassesThat(areOf("cpu-backend", "models", "onnx", "trainer", "cli"));

    @ArchTest
    static final ArchRule backendsAreFoundNotNamed =
            noClasses().that(areOf("cli")).should().dependOnClassesThat(areOf("cpu-backend", "cuda-backend"));

    @ArchTest
    static final ArchRule onlyTheCudaBackendKnowsJCuda = noClasses()
            .that(areNotOf("cuda-backend"))
            .should()
            .dependOnClassesThat(resideInAPackage("jcuda.."))
            .orShould()
            .dependOnClassesThat(resideInAPackage("org.jcuda.."));

    @ArchTest
    static final ArchRule onlyTheCpuBackendKnowsJavaCpp =
            noClasses().that(areNotOf("cpu-backend")).should().dependOnClassesThat(resideInAPackage("org.bytedeco.."));

    @ArchTest
    static final ArchRule coreNeedsNoDesktopAndNoJsonBinding = noClasses()
            .that(areOf("core"))
            .should()
            .dependOnClassesThat(resideInAPackage("java.awt.."))
            .orShould()
            .dependOnClassesThat(resideInAPackage("javax.imageio.."))
            .orShould()
            .dependOnClassesThat(resideInAPackage("com.fasterxml.jackson.databind.."));

    /** In Turkish, "IDENTITY" in small letters is no "identity". */
    @ArchTest
    static final ArchRule lettersAreTheSameInEveryLanguage = noClasses()
            .should()
            .callMethod(String.class, "toLowerCase")
            .orShould()
            .callMethod(String.class, "toUpperCase");

    /** Rules about classes that were not found would hold for ever. */
    @Test
    void everyModuleWithSourcesIsSeen() {
        JavaClasses all = new ClassFileImporter().importPackages("dev.tandem");

        for (String module : List.of("core", "cpu-backend", "cuda-backend", "models", "onnx", "trainer", "cli")) {
            assertThat(all.that(areOf(module))).as(module).isNotEmpty();
        }
    }

    private static DescribedPredicate<JavaClass> areOf(String... modules) {
        return describe("of " + String.join(", ", modules), type -> {
            String module = moduleOf(type);
            return module != null && List.of(modules).contains(module);
        });
    }

    private static DescribedPredicate<JavaClass> areNotOf(String module) {
        return describe("not of " + module, type -> !module.equals(moduleOf(type)));
    }

    /** From {@code …/core/target/classes/…} or {@code …/core-0.1.0.jar!/…}; null for classes of others. */
    private static String moduleOf(JavaClass type) {
        if (!type.getPackageName().startsWith("dev.tandem")) {
            return null;
        }
        URI source = type.getSource().map(each -> each.getUri()).orElse(null);
        if (source == null) {
            return null;
        }
        String path = source.toString().replaceAll("/dev/tandem/.*", "").replaceAll("!$", "");
        if (path.endsWith("/target/classes")) {
            path = path.substring(0, path.length() - "/target/classes".length());
        }
        return path.substring(path.lastIndexOf('/') + 1).replaceAll("-\\d.*\\.jar$", "");
    }
}
