from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("worklist", "0009_tasks_of_reasons")]

    operations = [
        migrations.AlterField(
            model_name="task",
            name="kind",
            field=models.CharField(
                choices=[
                    ("review_escalated", "审核超时"),
                    ("revoke_by_hand", "人工撤销链接"),
                    ("vendor_pending", "AI面试系统未确认"),
                    ("mismatch", "记录不一致"),
                    ("contradicted", "取消后仍被进行"),
                    ("move_failed", "归档失败"),
                    ("invite_failed", "邀请失败"),
                    ("reschedule_failed", "改期未同步"),
                    ("nobody_reached", "通知未送达"),
                    ("answer_at_risk", "1分钟确认将逾时"),
                    ("outcome_at_risk", "15分钟处理将逾时"),
                    ("job_failed", "后台作业失败"),
                    ("difference", "对账差异"),
                    ("other_time_wanted", "候选人希望改期"),
                    ("vendor_down", "AI面试系统不可用"),
                    ("calendar_unreached", "日历未同步"),
                    ("channel_broken", "通知渠道需修复"),
                    ("copy_wanted", "候选人索取个人信息副本"),
                    ("erasure_wanted", "候选人要求删除个人信息"),
                    ("quarantined", "导入的行待处理"),
                    ("unclear_reasons", "原因待归类"),
                    ("import_stopped", "导入中断"),
                ],
                max_length=24,
            ),
        ),
    ]
