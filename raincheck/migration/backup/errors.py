"""Why a backup can't be made, trusted or restored."""

from django.utils.translation import gettext_lazy as _

from raincheck.core.errors import Conflict, NotFound, RaincheckError


class NoBackupRole(Conflict):
    """Only a role that sees through the walls can copy a whole database, and none is set."""

    code = "no_backup_role"
    message = _("没有可读取整个数据库的角色")
    advice = _("请设置 DATABASE_BACKUP_URL，见 docs/howto/backup.md")


class NoProgram(Conflict):
    """PostgreSQL's client programs are missing or older than the server; `detail` says which is needed."""

    code = "no_backup_program"
    message = _("缺少与数据库版本相符的 pg_dump 与 pg_restore")
    advice = _("请安装不低于数据库版本的 PostgreSQL 客户端并放入 PATH")


class ProgramFailed(Conflict):
    """pg_dump or pg_restore said no; `detail` holds its last words."""

    code = "backup_program_failed"
    message = _("PostgreSQL 的备份程序报错")
    advice = _("请按其提示处理后重试")


class BackupUnderWay(Conflict):
    """Another backup, verification or restore is at it."""

    code = "backup_under_way"
    message = _("另一个备份或恢复正在进行")
    advice = _("请等它结束后重试")


class UnknownBackup(NotFound):
    """No such backup in the folder."""

    code = "unknown_backup"
    message = _("没有这个备份")
    advice = _("raincheck backup list 列出所有备份")


class BackupDamaged(RaincheckError):
    """The file isn't the one that was written, or what it restores to isn't what was backed up; `detail` says where."""

    code = "backup_damaged"
    status = 409
    message = _("备份与其清单不符，不可信")
    advice = _("请改用另一个备份，并检查存放备份的磁盘")


class OtherKeys(Conflict):
    """The backup was made under another master key, so nothing sealed in it could be opened."""

    code = "other_keys"
    message = _("备份所用的主密钥与本安装不同，其中加密的联系方式将无法打开")
    advice = _("请先恢复原来的密钥；确实要继续请加 --other-keys")


class StillInUse(Conflict):
    """Somebody is connected to the database that is to be replaced; `detail` says how many."""

    code = "database_in_use"
    message = _("数据库仍在使用中")
    advice = _("请先停止 web 与 worker；确实要断开它们请加 --disconnect")
