"""What is said of Spark's own errors, each by the words that its traces hold; Spark itself is not needed."""

from typing import Any, cast

import pytest

from pretadepenser.credit.explanation.batch import RowsError
from pretadepenser.spark import scoring, session
from pretadepenser.spark.session import SparkError

LOST = (
    "Spark a perdu une machine trop de fois, souvent faute de mémoire : donnez-en plus "
    "(spark.executor.memory, spark.executor.memoryOverhead ; spark.driver.memory pour local[*]), puis "
    "recommencez."
)
BROKEN = (
    "Le lien avec Spark s’est rompu pendant le travail : vérifiez que son maître tourne et, si Java s’est "
    "arrêté de lui-même, donnez-lui plus de mémoire (spark.driver.memory), puis recommencez."
)
NOT_PARQUET = (
    "Un fichier n’est pas du Parquet entier, ou n’a pas les types des autres de sa table : "
    "écrivez-le à nouveau."
)


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        (
            "[PATH_NOT_FOUND] Path does not exist: hdfs://h/tables/bureau. SQLSTATE: 42K03",
            "bureau n’existe pas : indiquez le dossier, ou l’adresse, de tables Parquet.",
        ),
        (
            "[JAVA_GATEWAY_EXITED] Java gateway process exited before sending its port number.",
            "Spark n’a pas démarré : vérifiez que Java est en version 17 ou plus récente (java -version).",
        ),
        (
            "Could not parse Master URL: 'sparc:'",
            "« sparc: » n’est pas un maître Spark : corrigez SPARK_MASTER (spark://machine:7077, local[*], "
            "yarn, k8s://…).",
        ),
        (
            "ClassNotFoundException: org.apache.hadoop.fs.s3a.S3AFileSystem not found",
            "Spark n’a pas le connecteur de cette adresse (S3AFileSystem) : ajoutez-le à spark.jars.packages "
            "(pour s3a:// : org.apache.hadoop:hadoop-aws) dans spark-defaults.conf.",
        ),
        (
            "java.nio.file.AccessDeniedException: s3a://seau",
            "L’accès à cette adresse est refusé (AccessDenied) : vérifiez les droits du compte qui "
            "travaille.",
        ),
        (
            "ModuleNotFoundError: No module named 'xgboost'",
            "Sur les machines de Spark, Python n’a pas xgboost : installez-y les mêmes versions qu’ici, "
            "ou indiquez dans PYSPARK_PYTHON un Python qui les a.",
        ),
        (
            'java.io.IOException: Cannot run program "python3.13": error=2',
            "Les machines de Spark n’ont pas python3.13 : installez-y le même Python, ou indiquez le leur "
            "dans PYSPARK_PYTHON.",
        ),
        (
            "[PYTHON_VERSION_MISMATCH] Python in worker has different version",
            "Les machines de Spark ont une autre version de Python : indiquez la même dans PYSPARK_PYTHON.",
        ),
        (
            "java.io.IOException: No space left on device",
            "Le disque d’une machine de Spark est plein : libérez de la place, puis recommencez.",
        ),
        ("ExecutorLostFailure (executor 1 exited)", LOST),
        ("Python worker exited unexpectedly (crashed)", LOST),
        ("java.lang.OutOfMemoryError: Java heap space", LOST),
        ("Not enough memory to build and broadcast the table to all worker nodes.", LOST),
        ("results of 1 tasks (1100 MiB) is bigger than spark.driver.maxResultSize (1024.0 MiB)", LOST),
        ("Cannot call methods on a stopped SparkContext.", BROKEN),
        ("Answer from Java side is empty", BROKEN),
        ("Connection refused", BROKEN),
        (
            "Encountered error while reading file s3a://seau/bureau%20balance/part-1.parquet. Details:",
            "part-1.parquet n’est pas un fichier Parquet entier, ou n’a pas les types des autres de sa "
            "table : écrivez-le à nouveau.",
        ),
        (
            "org.apache.hadoop.fs.ChecksumException: Checksum error: file:/a%20b/part-1.parquet at 0 exp: 1",
            "part-1.parquet ne va pas avec sa somme de contrôle (.part-1.parquet.crc) : copiez ce fichier à "
            "nouveau ou, si vous l’avez réécrit, enlevez-la.",
        ),
        (
            "[PARQUET_TYPE_ILLEGAL] Illegal Parquet type: FIXED_LEN_BYTE_ARRAY (FLOAT16).",
            "Une colonne est d’un type que Spark ne lit pas (FIXED_LEN_BYTE_ARRAY (FLOAT16)) : "
            "enregistrez-la en float64, ou en int64, depuis les données d’origine.",
        ),
        ("[FAILED_READ_FILE.NO_HINT]", NOT_PARQUET),
        ("[UNABLE_TO_INFER_SCHEMA] Unable to infer schema for Parquet.", NOT_PARQUET),
        ("[PARQUET_COLUMN_DATA_TYPE_MISMATCH]", NOT_PARQUET),
        (
            "Dupont gagne 1 234 567,25",
            "Spark n’a pas pu faire ce travail sur yarn : le journal de ses machines dit pourquoi ; rien n’a "
            "été changé.",
        ),
    ],
)
def test_a_trace_is_told_in_one_sentence(trace: str, said: str) -> None:
    assert session._sentence(Exception(trace), "yarn") == said


def test_a_cluster_without_machines_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "EXECUTOR", 0)
    with pytest.raises(SparkError) as caught:
        session._wait_for_executor(None, "spark://maitre:7077")
    assert str(caught.value) == (
        "Le maître Spark spark://maitre:7077 ne donne aucune machine : démarrez-en, ou attendez qu’une se "
        "libère."
    )


def test_scores_are_written_as_csv_or_parquet() -> None:
    with pytest.raises(RowsError) as caught:
        scoring._check_output(cast(Any, None), "clients", "s3a://x/scores.xlsx", force=False)
    assert str(caught.value) == "Le dossier à écrire, scores.xlsx, doit finir par .csv ou .parquet."
